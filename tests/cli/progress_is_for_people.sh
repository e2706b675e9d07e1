# Progress: a line that rewrites itself on a terminal, nothing of the kind in the background or with --quiet, JSON lines
# for machines; never on stdout.
. "$top/tests/lib/cli.sh"
. "$top/tests/lib/tiny_image.sh"
need python3
tiny_image x.img
cat >terminal.py <<'EOT'
import fcntl, os, pty, struct, sys, termios
# Runs a command with a terminal of 40 columns as stderr and shows what it wrote there.
background = sys.argv[1] == "background"
pid, fd = pty.fork()
if pid == 0:
    os.dup2(os.open("out", os.O_WRONLY | os.O_CREAT | os.O_TRUNC), 1)
    fcntl.ioctl(2, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 40, 0, 0))
    if background:
        child = os.fork()
        if child == 0:
            os.setpgid(0, 0)
            os.execv(sys.argv[2], sys.argv[2:])
        os._exit(os.waitpid(child, 0)[1] >> 8)
    os.execv(sys.argv[2], sys.argv[2:])
text = b""
try:
    while True:
        part = os.read(fd, 4096)
        if not part:
            break
        text += part
except OSError:
    pass
sys.stdout.buffer.write(text)
sys.exit(os.waitpid(pid, 0)[1] >> 8)
EOT
on_terminal() {
	how=$1
	shift
	python3 terminal.py "$how" "$img2nfs" "$@" >tty || die "$*: status $?: $(cat tty)"
	! grep -q '%' out || die "$*: progress on stdout"
}
erase=$(printf '\r\033[K')
on_terminal foreground extract x.img null:
grep -q '%' tty || die "no progress on a terminal: $(cat tty)"
grep -qF "$erase" tty || die "the line is not taken away: $(od -c tty)"
# it fits: no part between two erasures is wider than the terminal
tr '\r' '\n' <tty | sed 's/^.\[K//' | awk 'length($0) > 39 { bad = 1 } END { exit bad }' || die "too wide: $(cat tty)"
grep -q '8 objects' out || die "no summary: $(cat out)"
on_terminal foreground extract --quiet x.img null:
[ ! -s tty ] || die "--quiet: $(cat tty)"
on_terminal foreground extract --progress=none x.img null:
[ ! -s tty ] || die "--progress=none: $(cat tty)"
on_terminal background extract x.img null:
[ ! -s tty ] || die "in the background: $(cat tty)"

run 0 extract --progress=json x.img null:
[ -s err ] || die "no JSON progress"
need jq
jq -e '.objects <= .objects_total and .objects_total == 8 and .bytes_total == 70006' err >/dev/null || die "JSON: $(cat err)"
sed -n '/^\.Ss JSON of progress/,/^\.Ss JSON of several/s/^\.Cm //p' "$top/src/cli/img2nfs-json.5" | tr -d ',.' | tr ' ' '\n' | sed '/^json$/d;/^$/d' | sort -u >documented
head -n 1 err | jq -r 'keys[]' >members
# a compressed image adds how far it is unpacked
gzip -c x.img >x.img.gz
run 0 extract --progress=json x.img.gz null:
jq -r 'keys[]' err >>members
sort -u -o members members
diff members documented || die "members (<) and manual (>) differ"
