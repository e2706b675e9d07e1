# Servers that answer late, little, twice, with JUKEBOX, with changing verifiers or without attributes: the tree arrives
# all the same. Servers that are full or broken: the run says so.
. "$top/tests/lib/test.sh"
. "$top/tests/lib/ganesha.sh"
. "$top/tests/lib/nfsproxy.sh"
. "$top/tests/lib/sink_tree.sh"

sink_tree "$WORK/src" 20
dump "$WORK/src" >"$WORK/want" || exit 1
mkdir "$WORK/exp" || exit 1
ganesha_start g vfs "$WORK/exp"
n=0

# run STATUS RULE...
run() {
	want=$1
	shift
	n=$((n + 1))
	proxy_start p g "$@"
	# shellcheck disable=SC2086 # options
	"$O/tests/tools/sinkrun" ${opts:-} "$WORK/src" "$(proxy_url p g "/$n")" >"$WORK/out" 2>"$WORK/notes"
	rc=$?
	proxy_stop p >/dev/null
	[ $rc -eq "$want" ] || die "$*: status $rc: $(cat "$WORK/notes")"
}
told() { grep -Eq "$(in_version "$1")" "$WORK/notes"; }
get() { tr ' ' '\n' <"$WORK/out" | sed -n "s/^$1=//p"; }
same() {
	grep -v -e '^loss symlink-times ' -e '^state ' "$WORK/notes" && die "$1: unexpected notes"
	dump "$WORK/exp/$n" | diff "$WORK/want" - || die "$1: not what was to be stored"
}

run 1 jukebox=5
same jukebox
[ "$(get jukebox)" -gt 20 ] || die "jukebox: $(get jukebox) answers"
run 1 short=1
same "short writes"
[ "$(get WRITE)" -gt 300 ] || die "short writes: $(get WRITE) only"
run 1 verifier=3
same verifier
[ "$(get resent)" -gt 0 ] || die "verifier: nothing was sent again"
# With NFSv4 they are asked for in the same request; the asking can fail.
if is_v4; then
	run 1 status=1:10008:2
else
	run 1 no-attrs
fi
same "no attributes"
[ "$(get GETATTR)" -gt 30 ] || die "no attributes: they were not asked for"
is_v4 || [ "$(get LOOKUP)" -gt 30 ] || die "no attributes: handles were not asked for"
run 1 freeze=50:6000
same freeze
grep -q '^state server -: the server has not answered for' "$WORK/notes" || die "freeze: nothing was said"
run 1 down=1500 drop-call=50
same down
opts='-r 3'
run 1 eat-reply=40
same "a reply that never comes"
run 2 down=60000 drop-call=50
grep -q '^fatal gave up after [0-9]* s without the server: Connection reset by peer' "$WORK/notes" ||
	die "$(cat "$WORK/notes")"
opts=''

run 2 status=7:28:5
told "^fatal cannot write '.*' at [0-9]+: NFS3ERR_NOSPC" || die "$(cat "$WORK/notes")"
[ "$(get left)" -gt 0 ] || die "NOSPC: nothing is left"
run 2 status=7:69:5
told "^fatal cannot write '.*' at [0-9]+: NFS3ERR_DQUOT" || die "$(cat "$WORK/notes")"
run 2 status=2:30:9
told "^fatal cannot set the attributes of '.*': NFS3ERR_ROFS" || die "$(cat "$WORK/notes")"
run 2 status=10:13:1
told "^fatal cannot make symlink '.*': NFS3ERR_ACCES" || die "$(cat "$WORK/notes")"
# one bad object does not cost the rest, and leaves nothing behind
run 1 status=7:5:7
told "^failed .*: cannot write '.*' at [0-9]+: NFS3ERR_IO" || die "$(cat "$WORK/notes")"
grep -q '^fatal' "$WORK/notes" && die "IO: fatal"
find "$WORK/exp/$n" -type f ! -name one -newermt 2000-01-02 | grep . && die "IO: an incomplete file was left"
run 1 status=11:10004:2
told "^failed .*: cannot make special file '.*': NFS3ERR_NOTSUPP" || die "$(cat "$WORK/notes")"
