# feed.sh - give a program its standard input in steps, and see it catch up. Source test.sh first.
#
#	feed_begin COMMAND...		in the background, its stdin a pipe; output in $WORK/out, $WORK/err
#	feed_step FILE FROM LEN		so many bytes of FILE
#	feed_stages N			wait until N stages were told (extract -v)
#	feed_end			close the pipe, wait; sets $rc

feed_begin() {
	mkfifo "$WORK/feed"
	"$@" <"$WORK/feed" >"$WORK/out" 2>"$WORK/err" &
	feed_pid=$!
	at_exit "kill -s KILL $feed_pid 2>/dev/null"
	exec 9>"$WORK/feed"
}

feed_step() {
	dd if="$1" bs=64k iflag=skip_bytes,count_bytes skip="$2" count="$3" status=none >&9
}

feed_told() {
	[ "$(grep -c 'objects are stored; ' "$WORK/err")" -ge "$1" ] || ! kill -0 "$feed_pid" 2>/dev/null
}

feed_stages() {
	until_ok 60 feed_told "$1" || die "no stage $1: $(cat "$WORK/err")"
	kill -0 "$feed_pid" 2>/dev/null || die "it ended before stage $1: $(cat "$WORK/err")"
}

feed_end() {
	exec 9>&-
	wait "$feed_pid"
	rc=$?
}
