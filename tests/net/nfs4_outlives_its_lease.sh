# The server forgets us and what we have open, as we were silent for longer than its lease: because the program was
# stopped, or because the network carried nothing and then all of it at once. The run goes on as another client.
. "$top/tests/lib/test.sh"
. "$top/tests/lib/nfs4.sh"
. "$top/tests/lib/ganesha.sh"
. "$top/tests/lib/nfsproxy.sh"
. "$top/tests/lib/sink_tree.sh"

sink_source 400
ganesha_start g vfs "$WORK/exp" lease=4

# begin NAME: a slow run of 4 requests at a time that has files open.
begin() {
	name=$1
	proxy_start p g -d 20000 hold="$WORK/hold"
	"$O/tests/tools/sinkrun" -w 4 "$WORK/src" "$(proxy_url p g "/$name")" >"$WORK/out" 2>"$WORK/notes" &
	pid=$!
	until_ok 60 test -e "$WORK/exp/$name/small/f20" || die "$name: nothing is stored: $(cat "$WORK/notes")"
	kill -0 $pid 2>/dev/null || die "$name: the run was over too soon"
	ganesha_knows g || die "$name: the server does not know us"
}

# forgotten: wait until the server has forgotten all its clients.
forgotten() {
	until_ok 120 ganesha_knows_nobody g || die "$name: the server remembers us after two minutes of silence"
}

# end: it ends well, as the third client or a later one, the last of which closes all.
end() {
	wait $pid
	rc=$?
	proxy_stop p >/dev/null
	cat "$WORK/out" "$WORK/notes"
	[ $rc -eq 1 ] || die "$name: status $rc"
	grep -v -e '^loss symlink-times ' -e '^state ' "$WORK/notes" && die "$name: unexpected notes"
	[ "$(get SETCLIENTID)" -ge 3 ] || die "$name: the server had not forgotten us: this shows nothing"
	[ "$(get resent)" -ge 1 ] || die "$name: nothing was sent again"
	[ "$(get reconnects)" -eq 0 ] || die "$name: another connection"
	dump "$WORK/exp/$name" | diff "$WORK/want" - || die "$name: not what was to be stored"
}

begin stopped
kill -s STOP $pid
forgotten
kill -s CONT $pid
end

begin held
: >"$WORK/hold"
forgotten
rm "$WORK/hold"
end
