# feed.sh - give a program its standard input in steps, and see it catch up. Source test.sh first.
#
#	feed_begin COMMAND...		as nobody in the background, its stdin a pipe; output in $WORK/out and
#					$WORK/err; sets $feed_pid. Its SIGINT is ignored, as of all in the
#					background
#	feed_until FILE END		FILE, a file system of 64 MiB, up to byte END, in steps of a fifteenth; after
#					each, wait for the stage that must follow (extract -v); sets $stages
#	feed_rest FILE			what is left
#	feed_end			close the pipe, wait; sets $rc

feed_begin() {
	rm -f "$WORK/feed"
	mkfifo "$WORK/feed"
	# no function, which would have a shell between
	setpriv --reuid=65534 --regid=65534 --clear-groups "$@" <"$WORK/feed" >"$WORK/out" 2>"$WORK/err" &
	feed_pid=$!
	at_exit "kill -s KILL $feed_pid 2>/dev/null"
	exec 9>"$WORK/feed"
	feed_at=0 stages=0
	FEED_STAGE=$((5 << 20))	# 4 MiB (src/stage/stage.c), and what threads have in hand
}

feed_step() {
	dd if="$1" bs=64k iflag=skip_bytes,count_bytes skip=$feed_at count="$2" status=none >&9
	feed_at=$((feed_at + $2))
}

# a stage over all but what need not begin another one: which of the bytes it has, depends on who gets a processor
feed_told() {
	feed_had=$(sed -n 's/.*objects are stored; \([0-9]*\) of .*/\1/p' "$WORK/err" | tail -n 1)
	[ "${feed_had:-0}" -ge $((feed_at - FEED_STAGE)) ] || ! kill -0 "$feed_pid" 2>/dev/null
}

feed_until() {
	feed_step=$(($(stat -c %s "$1") / 15))
	while [ $((feed_at + feed_step)) -lt "$2" ]; do
		feed_step "$1" $feed_step
		until_ok 60 feed_told || die "no stage of $feed_at bytes: $(cat "$WORK/err")"
		kill -0 "$feed_pid" 2>/dev/null || die "it ended after $feed_at bytes: $(cat "$WORK/err")"
	done
	stages=$(grep -c 'objects are stored; ' "$WORK/err")
}

feed_rest() {
	feed_step "$1" "$(stat -c %s "$1")"
}

feed_end() {
	exec 9>&-
	wait "$feed_pid"
	rc=$?
}
