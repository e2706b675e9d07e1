# Status 128+N: a signal while the server is silent ends the run in an orderly way, with a text; a second SIGINT at once.
. "$top/tests/lib/cli.sh"
. "$top/tests/lib/tiny_image.sh"
need python3
tiny_image x.img
cat >silent.py <<'EOT'
import os, signal, socket, subprocess, sys, time
# A server that accepts connections and never answers.
s = socket.socket()
s.bind(("127.0.0.1", 0))
s.listen(16)
port = s.getsockname()[1]
url = "nfs://127.0.0.1/export?nfsport=%d&mountport=%d" % (port, port)
p = subprocess.Popen([sys.argv[1], "extract", "x.img", url], stderr=open("err", "w"),
                     preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
s.settimeout(60)
conn = s.accept()[0]
for name in sys.argv[2:]:
    os.kill(p.pid, getattr(signal, name))
    time.sleep(0.05)
rc = p.wait(50)  # a silent server is given up after a minute
print(rc if rc >= 0 else 128 - rc)
EOT
signalled() {
	rc=$(python3 silent.py "$img2nfs" "$@") || die "$*: took too long"
	[ "$rc" -eq "$want" ] || die "$*: status $rc, want $want: $(cat err)"
}
want=143 signalled SIGTERM
grep -q "^img2nfs: stopped by SIGTERM" err || die "says: $(cat err)"
want=130 signalled SIGINT
grep -q "^img2nfs: stopped by SIGINT" err || die "says: $(cat err)"
want=129 signalled SIGHUP
want=130 signalled SIGINT SIGINT
