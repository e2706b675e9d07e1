# A server that never lets us open anything: each kind of refusal ends the run, and what was said is told. Asking for
# patience for ever ends it when --retry-for is over, once, not once for each try.
. "$top/tests/lib/test.sh"
. "$top/tests/lib/nfs4.sh"
. "$top/tests/lib/ganesha.sh"
. "$top/tests/lib/nfsproxy.sh"

need_root "the VFS export"
mkdir "$WORK/src" "$WORK/exp" || exit 1
for f in a b c d e f; do echo "content of $f" >"$WORK/src/$f"; done
ganesha_start g vfs "$WORK/exp"

# refused CODE NAME OPERATION...
refused() {
	code=$1 name=$2
	shift 2
	for op; do
		proxy_start p g "op=$op:$code:1"
		"$O/tests/tools/sinkrun" -r 2 "$WORK/src" "$(proxy_url p g "/$op.$code")" >"$WORK/out" 2>"$WORK/notes"
		rc=$?
		proxy_stop p >/dev/null
		[ $rc -eq 2 ] || die "operation $op, $name: status $rc: $(cat "$WORK/notes")"
		grep "^fatal cannot .*: $name\$" "$WORK/notes" || die "operation $op, $name: $(cat "$WORK/notes")"
		find "$WORK/exp/$op.$code" -type f -size +0 | grep . && die "operation $op, $name: something was opened"
	done
}

# SETCLIENTID and its confirmation: CLID_INUSE STALE_CLIENTID IO, and a code that there is not
refused 10017 NFS4ERR_CLID_INUSE 35 36
refused 10022 NFS4ERR_STALE_CLIENTID 35 36
refused 5 NFS4ERR_IO 35 36
refused 10999 NFS4ERR_10999 35 36
# OPEN: EXPIRED BAD_SEQID for ever
refused 10011 NFS4ERR_EXPIRED 18
refused 10026 NFS4ERR_BAD_SEQID 18

# Patience: DELAY GRACE RESOURCE; a try comes twice as late as the one before it.
patient() {
	refused "$@"
	grep -q -e 'asked again later for longer than --retry-for' "$WORK/notes" || die "$2: no word of --retry-for"
	[ "$(get SETCLIENTID)" -le 10 ] || die "$2: as $(get SETCLIENTID) clients"
}
for op in 35 36 18; do
	patient 10008 NFS4ERR_DELAY $op
done
patient 10013 NFS4ERR_GRACE 18
grep -q '^state server -: .*grace period' "$WORK/notes" || die "nothing was said of a grace period"
patient 10018 NFS4ERR_RESOURCE 18

# The check says it, too, and nothing about the export.
proxy_start p g op=18:10013:1
"$O/img2nfs" check --retry-for=2 "$(proxy_url p g)" >"$WORK/out" 2>"$WORK/notes"
rc=$?
proxy_stop p >/dev/null
[ $rc -eq 4 ] || die "check: status $rc"
grep -q '^fail  *owners .*: NFS4ERR_GRACE$' "$WORK/out" || die "check: $(cat "$WORK/out")"
grep 'no_root_squash' "$WORK/out" && die "check: advice about the export"
exit 0
