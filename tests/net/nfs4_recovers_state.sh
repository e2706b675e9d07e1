# Every seventh time that a file is to be opened the server answers that it has forgotten us, or that a sequence number is
# wrong, or that we have to wait: the tree arrives all the same.
. "$top/tests/lib/test.sh"
. "$top/tests/lib/nfs4.sh"
. "$top/tests/lib/ganesha.sh"
. "$top/tests/lib/nfsproxy.sh"
. "$top/tests/lib/sink_tree.sh"

sink_source 60
ganesha_start g vfs "$WORK/exp"
proxied() {
	name=$1
	shift
	proxy_start p g "$@"
	"$O/tests/tools/sinkrun" -w 8 -r 20 "$WORK/src" "$(proxy_url p g "/$name")" >"$WORK/out" 2>"$WORK/notes"
	rc=$?
	proxy_stop p >/dev/null
}

# EXPIRED STALE_CLIENTID STALE_STATEID OLD_STATEID BAD_STATEID BAD_SEQID ADMIN_REVOKED; DELAY GRACE RESOURCE
for code in 10011 10022 10023 10024 10025 10026 10047 10008 10013 10018; do
	proxied "x$code" "status=23:$code:7"
	[ $rc -eq 1 ] || die "$code: status $rc: $(cat "$WORK/out" "$WORK/notes")"
	grep -v -e '^loss symlink-times ' -e '^state ' "$WORK/notes" && die "$code: unexpected notes"
	dump "$WORK/exp/x$code" | diff "$WORK/want" - || die "$code: not what was to be stored"
	[ "$(get resent)" -ge 8 ] || die "$code: $(get resent) sent again"
	case $code in
	10011 | 10022 | 10047) [ "$(get SETCLIENTID)" -ge 5 ] || die "$code: not another client" ;;
	*) [ "$(get SETCLIENTID)" -eq 2 ] || die "$code: another client" ;;
	esac
	case $code in
	10013) grep -q 'grace period' "$WORK/notes" || die "nothing said of a grace period" ;;
	esac
done

# Always: told, and no endless try.
proxied never status=23:10026:1
[ $rc -eq 2 ] || [ $rc -eq 1 ] || die "never: status $rc"
grep -q 'NFS4ERR_BAD_SEQID' "$WORK/notes" || die "never: $(cat "$WORK/notes")"
[ ! -e "$WORK/exp/never/page" ] || die "a file that was never opened"
