# --report: the file is there, whole, with the status that the program ends with, however it ends: success, a loss, damage,
# a refused command line, an unreadable image, a server that is not there, ctrl-C. A report that cannot be written is
# status 7 before anything is done, or at the end.
. "$top/tests/lib/cli.sh"
. "$top/tests/lib/tiny_image.sh"
need python3
tiny_image x.img
nowhere='nfs://127.0.0.1/x?nfsport=1&mountport=1'

# reported STATUS NAME: the report of the run before says this and nothing else is left of it.
reported() {
	python3 - "$1" "$2" <<'EOP' || die "$ran: $(cat r.json)"
import json, sys
r = json.load(open("r.json"))
if (r["status"], r["status_name"]) != (int(sys.argv[1]), sys.argv[2]):
    sys.exit("status %s, name %s" % (r["status"], r["status_name"]))
if r["command"] not in ("extract", "verify") or not r["versions"]["img2nfs"] or not r["peak_memory"] > 1 << 20:
    sys.exit("no command, version or memory")
if "destinations" not in r and (r["status"] in (2, 3, 4) or r["status"] > 128) != bool(r["error"]):
    sys.exit("error: %s" % r["error"])
EOP
	[ -z "$(find . -name '*.part*')" ] || die "$ran: leaves $(find . -name '*.part*')"
	rm r.json
}

run 0 extract --report=r.json x.img null:
prints '8 objects'
reported 0 ok
echo old >r.json
run 0 extract --report=r.json --quiet x.img x.tar
[ ! -s out ] || die "--quiet prints: $(cat out)"
reported 0 ok
# the tar on standard output, the report beside it, and nothing else
run 0 extract --report=r.json x.img -
tar -tf out >/dev/null || die "no tar on standard output"
reported 0 ok
# what reads the archive gets nothing else, also where there will be none
for f in x.img nothing.img; do
	rc=0
	"$img2nfs" extract --json --delete $f - 2>err >out || rc=$?
	[ $rc -eq 2 ] && [ ! -s out ] && grep -q '"status": 2' err || die "$f: status $rc, $(cat out err)"
	rc=0
	"$img2nfs" extract --hostname=x --dry-run $f - 2>err >out || rc=$?
	[ ! -s out ] || die "--dry-run: $(cat out)"
done
rc=0
"$img2nfs" extract --json nothing.img - 2>err >out || rc=$?
[ $rc -eq 3 ] && [ ! -s out ] && grep -q '"status": 3' err || die "status $rc, $(cat out err)"
# both: the same bytes
run 0 extract --report=r.json --json x.img null:
cmp out r.json || die "--json and --report differ"
reported 0 ok
# several destinations, and one that is refused before
for u in 'nfs://127.0.0.1/{a,b}?nfsport=1&mountport=1' 'nfs://127.0.0.1/{a,a}?nfsport=1'; do
	rc=0
	"$img2nfs" extract --retry-for=1 --report=r.json x.img "$u" >out 2>err || rc=$?
	ran="$u"
	case $rc in
	2) reported 2 usage ;;
	4) reported 4 destination ;;
	*) die "$u: status $rc" ;;
	esac
done
run 2 extract --report=r.json --delete x.img null:
reported 2 usage
run 3 extract --report=r.json nothing.img null:
reported 3 image
run 4 extract --report=r.json --retry-for=1 x.img "$nowhere"
reported 4 destination
run 4 verify --report=r.json --retry-for=1 x.img "$nowhere"
reported 4 destination
# a loss: a tar cannot hold a socket
debugfs -w -R 'sif empty mode 0140644' x.img >/dev/null 2>&1
run 1 extract --report=r.json x.img y.tar
grep -q '"class": "socket"' r.json || die "no loss: $(cat r.json)"
reported 1 loss
debugfs -w -R 'sif /etc/motd mode 0' x.img >/dev/null 2>&1
run 5 extract --report=r.json x.img null:
reported 5 damaged
# stdout is full: that is in it, too
if [ -c /dev/full ]; then
	for o in '' --json; do
		rc=0
		# shellcheck disable=SC2086
		"$img2nfs" extract $o --report=r.json x.img null: >/dev/full 2>err || rc=$?
		[ $rc -eq 7 ] || die "full stdout $o: status $rc"
		reported 7 local
	done
	# the report itself
	run 7 extract --report=/dev/full x.img null:
	says "cannot write '/dev/full': No space left on device"
fi

# where it cannot be, nothing is done
tiny_image x.img
run 7 extract --report=none/r.json x.img z.tar
says "cannot write 'none/r.json': No such file or directory"
[ ! -e z.tar ] || die "a tar without its report"
mkdir dir
run 7 verify --report=dir x.img "$nowhere"
says "cannot write 'dir': Is a directory"
run 2 extract --report=- x.img null:
hints --json
# it is never the image, nor another file of the run
cp x.img before.img
ln x.img link.img
for f in x.img link.img; do
	run 2 extract --report=$f x.img null:
	run 2 extract --manifest=$f x.img null:
	run 2 verify --report=$f x.img "$nowhere"
done
run 2 extract --report=z.tar x.img z.tar
run 2 extract --report=same --manifest=same x.img null:
says "option '--report': 'same' is the file of option '--manifest'"
cmp x.img before.img || die "the image was written"

# who reads a pipe gets it
run 0 extract --report=/dev/fd/3 --quiet x.img null: 3>r.json
ran='a descriptor'
reported 0 ok

# ctrl-C while the image comes in: the report tells; a second one ends at once and leaves nothing
mkfifo pipe
for second in '' INT; do
	rm -f r.json
	python3 - "$img2nfs" <<'EOP' >pid &
import os, signal, sys
signal.signal(signal.SIGINT, signal.SIG_DFL)	# which a shell ignores for those in the background
print(os.getpid(), flush=True)
os.dup2(os.open("pipe", os.O_RDONLY), 0)
os.dup2(os.open("err", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644), 2)
os.execv(sys.argv[1], [sys.argv[1], "extract", "--report=r.json", "-", "null:"])
EOP
	job=$!
	exec 4>pipe
	head -c 100000 x.img >&4
	until_ok 20 test -e r.json.part0 || die "no report is begun"
	if [ -n "$second" ]; then
		# it may end in order before the second one comes, and leaves nothing then, too
		until_ok 20 sh -c "kill -INT $(cat pid) 2>/dev/null; ! kill -0 $(cat pid) 2>/dev/null" || die "runs on"
	else
		kill -INT "$(cat pid)"
	fi
	rc=0
	wait $job || rc=$?
	exec 4>&-
	[ $rc -eq 130 ] || die "ctrl-C: status $rc: $(cat err)"
	ran=ctrl-C
	if [ -z "$second" ]; then
		reported 130 stopped
	else
		[ ! -e r.json.part0 ] || die "a part is left"
	fi
done
