# While an orderly end waits for a server that hangs, a second SIGINT ends the program at once, with the same status.
. "$top/tests/lib/e2e.sh"
use_fixture count
serve
mkdir -m 777 "$WORK/far"
watched=$(for_nobody "$O/tests/tools/watched") || exit 1

as_nobody "$watched" "$WORK/far/watched" "$bin" extract --window=1 "$img" "$(ganesha_url srv /t)" \
	>"$WORK/out" 2>"$WORK/err" </dev/null &
job=$!
has_objects() {
	[ "$(find "$exp/t" 2>/dev/null | head -n 20 | wc -l)" -ge 20 ]
}
until_ok 60 has_objects || die "no work seen in 60 s"
pid=$(sed -n 's/^pid //p' "$WORK/far/watched")
kill -STOP "$(ganesha_pid srv)" || die "no server to stop"
at_exit 'kill -CONT "$(ganesha_pid srv)" 2>/dev/null'
# A reply that was on its way would end the waiting: go on when the next request lies there unread. If none comes to lie there,
# the server has read one, and was stopped before it answered.
port=$(printf ':%04X' "$(cat "$WORK/ganesha.srv/nfsport")")
has_unread() {
	awk -v port="$port" '$2 ~ port "$" && $4 == "01" && $5 !~ /:00000000$/ { found = 1 } END { exit !found }' /proc/net/tcp*
}
until_ok 5 has_unread
kill -INT "$pid" || die "it had already ended"
# It waits for five seconds.
until_ok 60 grep -q "SIGINT: waiting for the requests in flight" "$WORK/err" || die "says: $(cat "$WORK/err")"
kill -0 "$pid" 2>/dev/null || die "it did not wait for the requests in flight: $(cat "$WORK/err")"
kill -INT "$pid"
wait $job
rc=$?
[ $rc -eq 130 ] || die "status $rc, want 130"
! grep -q incomplete "$WORK/err" || die "it ended in an orderly way: $(cat "$WORK/err")"
