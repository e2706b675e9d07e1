# nfsproxy.sh - a faulty network between the program and a server of ganesha.sh. Source test.sh and ganesha.sh first.
#
#	proxy_start NAME GANESHA [-d RTT_US] [RULE...]	rules: see tests/tools/nfsproxy.c
#				proxy_opts='-a ADDRESS -t ADDRESS' before it: not on 127.0.0.1; '-r RATE': bytes a second
#	proxy_url NAME GANESHA [PATH]	as ganesha_url, through the proxy (MOUNT goes to the server directly)
#	proxy_stop NAME			ends it and prints "calls=N replies=N connections=N"

proxy_start() {
	prx_name=$1 prx_dir=$WORK/proxy.$1 prx_port=$(cat "$(ganesha_dir "$2")/nfsport")
	shift 2
	rm -rf "$prx_dir"
	mkdir -p "$prx_dir" || exit 1
	prx_delay=''
	if [ "${1:-}" = -d ]; then
		prx_delay=$2
		shift 2
	fi
	# shellcheck disable=SC2086 # words wanted
	"$O/tests/tools/nfsproxy" ${proxy_opts:-} -f "$prx_dir/port" ${prx_delay:+-d "$prx_delay"} "$prx_port" "$@" \
		>"$prx_dir/out" 2>"$prx_dir/err" </dev/null &
	echo $! >"$prx_dir/pid"
	at_exit "proxy_kill '$prx_name'"
	until_ok 60 test -s "$prx_dir/port" || die "the proxy did not start: $(cat "$prx_dir/err")"
}

proxy_kill() {
	[ -e "$WORK/proxy.$1/pid" ] || return 0
	prx_pid=$(cat "$WORK/proxy.$1/pid")
	rm -f "$WORK/proxy.$1/pid"
	kill "$prx_pid" 2>/dev/null
	# not wait: in a subshell it is nobody's child
	until_ok 60 grep -q '^calls=' "$WORK/proxy.$1/out"
	return 0
}

proxy_url() {
	prx_mount=$(cat "$(ganesha_dir "$2")/mountport")
	echo "nfs://127.0.0.1/export${3:-}?version=${I2N_TEST_VERSION:-3}&nfsport=$(cat "$WORK/proxy.$1/port")&mountport=$prx_mount"
}

proxy_stop() {
	proxy_kill "$1"
	cat "$WORK/proxy.$1/out"
}
