# The server is killed and started again in mid-run, with a grace period in which it lets nobody open anything new: the run
# waits, says so, and goes on as another client.
. "$top/tests/lib/test.sh"
. "$top/tests/lib/nfs4.sh"
. "$top/tests/lib/ganesha.sh"
. "$top/tests/lib/nfsproxy.sh"
. "$top/tests/lib/sink_tree.sh"

sink_source 400
ganesha_start g vfs "$WORK/exp" grace=6
proxy_start p g -d 40000
"$O/tests/tools/sinkrun" -w 4 "$WORK/src" "$(proxy_url p g /x)" >"$WORK/out" 2>"$WORK/notes" &
pid=$!
# with files open that it will remember
until_ok 30 test -e "$WORK/exp/x/small/f20" || die "nothing is stored: $(cat "$WORK/notes")"
kill -0 $pid 2>/dev/null || die "the run was over too soon"
ganesha_restart g
wait $pid
rc=$?
cat "$WORK/out" "$WORK/notes"
[ $rc -eq 1 ] || die "status $rc"
grep -v -e '^loss symlink-times ' -e '^state ' "$WORK/notes" && die "unexpected notes"
dump "$WORK/exp/x" | diff "$WORK/want" - || die "not what was to be stored"
if [ "$(get jukebox)" -eq 0 ] && grep -q 'NOT IN GRACE' "$(ganesha_dir g)/log"; then
	skip "this nfs-ganesha ends its grace period at once, though it remembers us (15.2 does)"
fi
grep -q '^state .*grace period' "$WORK/notes" || die "nothing was said of the grace period"
