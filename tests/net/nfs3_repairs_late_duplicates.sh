# A request that was re-sent reaches the server a second time, long after both were thought to be over (RFC 1813 4.5): a
# late WRITE moves the mtime of a finished file. The look at the attributes at the end finds and mends it.
. "$top/tests/lib/test.sh"
. "$top/tests/lib/ganesha.sh"
. "$top/tests/lib/nfsproxy.sh"

dump() { ASAN_OPTIONS=detect_leaks=0 "$O/tests/tools/dirdump" -S "$1"; }
# With NFSv4 a small file is one request, which makes it or does nothing the second time; in pieces it has WRITEs of its own.
pieces='' pace=5
! is_v4 || pieces='-s 1000' pace=2
need_root "the VFS export"
mkdir "$WORK/src" "$WORK/exp" || exit 1
ganesha_start g vfs "$WORK/exp"

# run NAME RULE...
run() {
	name=$1
	shift
	proxy_start p g -d 20000 "$@"
	# shellcheck disable=SC2086 # an option
	"$O/tests/tools/sinkrun" -w 4 $pieces "$WORK/src" "$(proxy_url p g "/$name")" >"$WORK/out" 2>"$WORK/notes" ||
		die "$name: $(cat "$WORK/notes")"
	proxy_stop p >/dev/null
	dump "$WORK/exp/$name" | diff "$WORK/want" - || die "$name: not what was to be stored"
}

# 20 ms per round trip and 4 at a time: a file takes 60 ms, the run 15 ms for each. A machine with other things to do
# takes longer; then the duplicate has to come later to come after the file, and is given a longer run to come into.
files=0 late=0
for ms in 200 800 3200; do
	while [ $files -lt $((ms / pace)) ]; do
		# ten that are large, so that they are in pieces early in the run
		head -c $((files < 10 ? 3000 : 900)) /dev/urandom >"$WORK/src/f$files"
		files=$((files + 1))
	done
	touch -d '1999-12-31 23:59:59.987654321' "$WORK/src"/*
	dump "$WORK/src" >"$WORK/want" || exit 1
	# Which requests are WRITEs is much the same each time.
	run "plain.$ms" log="$WORK/calls"
	for k in $(awk '$2 == 7 { print $1 }' "$WORK/calls" | head -n 20 | awk 'NR % 3 == 1'); do
		run "$k.$ms" "late-call=$k:$ms"
		late=$((late + $(sed 's/.* corrected=\([0-9]*\) .*/\1/' "$WORK/out")))
	done
	echo "$late corrected that came $ms ms late"
	[ $late -eq 0 ] || break
done
[ $late -gt 0 ] || die "no duplicate came late enough to disturb anything: this shows nothing"
