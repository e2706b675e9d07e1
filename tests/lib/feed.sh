# feed.sh - give a program its standard input in steps, and see it catch up. Source test.sh first.
#
#	feed_begin COMMAND...		as nobody in the background, its stdin a pipe; output in $WORK/out and
#					$WORK/err; sets $feed_pid. Its SIGINT is ignored, as of all in the
#					background
#	feed_until FILE END		FILE up to byte END, in steps of a fifteenth; after each, wait until
#					another stage was told (extract -v); sets $stages
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
}

feed_step() {
	dd if="$1" bs=64k iflag=skip_bytes,count_bytes skip=$feed_at count="$2" status=none >&9
	feed_at=$((feed_at + $2))
}

feed_told() {
	[ "$(grep -c 'objects are stored; ' "$WORK/err")" -ge "$1" ] || ! kill -0 "$feed_pid" 2>/dev/null
}

feed_until() {
	feed_step=$(($(stat -c %s "$1") / 15))
	while [ $((feed_at + feed_step)) -lt "$2" ]; do
		feed_step "$1" $feed_step
		stages=$((stages + 1))
		until_ok 60 feed_told $stages || die "no stage $stages: $(cat "$WORK/err")"
		kill -0 "$feed_pid" 2>/dev/null || die "it ended before stage $stages: $(cat "$WORK/err")"
	done
}

feed_rest() {
	feed_step "$1" "$(stat -c %s "$1")"
}

feed_end() {
	exec 9>&-
	wait "$feed_pid"
	rc=$?
}
