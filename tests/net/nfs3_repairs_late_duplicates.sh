# A request that was re-sent reaches the server a second time, long after both were thought to be over (RFC 1813 4.5): a
# late WRITE moves the mtime of a finished file. The look at the attributes at the end finds and mends it.
. "$top/tests/lib/test.sh"
. "$top/tests/lib/ganesha.sh"
. "$top/tests/lib/nfsproxy.sh"

dump() { ASAN_OPTIONS=detect_leaks=0 "$O/tests/tools/dirdump" -S "$1"; }
only_v3 "a file is made, written and finished in one request, which is the same twice"
need_root "the VFS export"
mkdir "$WORK/src" "$WORK/exp" || exit 1
ganesha_start g vfs "$WORK/exp"

# 20 ms per round trip and 4 at a time: a file takes 60 ms, the run 15 ms for each. A machine with other things to do
# takes longer; then the duplicate has to come later to come after the file, and is given a longer run to come into.
files=0 late=0
for ms in 200 800 3200; do
	while [ $files -lt $((ms / 5)) ]; do
		head -c 3000 /dev/urandom >"$WORK/src/f$files"
		files=$((files + 1))
	done
	touch -d '1999-12-31 23:59:59.987654321' "$WORK/src"/*
	dump "$WORK/src" >"$WORK/want" || exit 1
	k=30
	while [ $k -le 48 ]; do
		proxy_start p g -d 20000 "late-call=$k:$ms"
		"$O/tests/tools/sinkrun" -w 4 "$WORK/src" "$(proxy_url p g "/$k.$ms")" >"$WORK/out" 2>"$WORK/notes" ||
			die "k=$k: $(cat "$WORK/notes")"
		proxy_stop p >/dev/null
		late=$((late + $(sed 's/.* corrected=\([0-9]*\) .*/\1/' "$WORK/out")))
		dump "$WORK/exp/$k.$ms" | diff "$WORK/want" - || die "k=$k: not what was to be stored"
		k=$((k + 3))
	done
	echo "$late corrected that came $ms ms late"
	[ $late -eq 0 ] || break
done
[ $late -gt 0 ] || die "no duplicate came late enough to disturb anything: this shows nothing"
