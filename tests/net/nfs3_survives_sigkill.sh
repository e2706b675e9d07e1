# The server is killed and started again, KILLS times in one run: nothing is lost, and data that it had not committed is
# sent again.
. "$top/tests/lib/test.sh"
. "$top/tests/lib/ganesha.sh"
. "$top/tests/lib/nfsproxy.sh"
. "$top/tests/lib/sink_tree.sh"

sink_tree "$WORK/src" 300
for i in 1 2 3 4; do head -c 40000000 /dev/urandom >"$WORK/src/big$i"; done
dump "$WORK/src" >"$WORK/want" || exit 1
mkdir "$WORK/exp" || exit 1
ganesha_start g vfs "$WORK/exp"
# Through a slow network, so that the run lasts long enough to be shot at; with NFSv4 a file is one request.
rtt=20000
! is_v4 || rtt=60000
proxy_start p g -d $rtt
"$O/tests/tools/sinkrun" -w 6 "$WORK/src" "$(proxy_url p g /x)" >"$WORK/out" 2>"$WORK/notes" &
pid=$!
n=0
while [ $n -lt "${KILLS:-3}" ]; do
	sleep 1.3	# the verifier is the second of the start
	kill -0 $pid 2>/dev/null || break
	ganesha_restart g
	n=$((n + 1))
done
wait $pid
rc=$?
cat "$WORK/out"
echo "$n kills"
[ $rc -eq 1 ] || die "status $rc: $(cat "$WORK/notes")"
grep -v -e '^loss symlink-times ' -e '^state ' "$WORK/notes" && die "unexpected notes"
[ $n -ge "${KILLS:-3}" ] || die "the run was over too soon"
grep -q '^state server -: the server answers again' "$WORK/notes" || die "nothing was said"
[ "$(sed 's/.* reconnects=\([0-9]*\) .*/\1/' "$WORK/out")" -ge $n ] || die "too few reconnects"
dump "$WORK/exp/x" | diff "$WORK/want" - || die "not what was to be stored"
