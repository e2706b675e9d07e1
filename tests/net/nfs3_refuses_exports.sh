# What the server does not allow is found out before anything is written, and the message says which export option is
# missing. (What only shows after something was made, squashing above all, is found by the check that `extract` does first:
# e2e/check_recognises, e2e/export_root_squash.) As an ordinary user, because the source port of root is a privileged one.
. "$top/tests/lib/test.sh"
. "$top/tests/lib/ganesha.sh"

only_v3 "those of NFSv4 are in e2e/export_*, e2e/check_recognises"
need_root "the VFS export"
mkdir -p "$WORK/src" "$WORK/ro/sub" "$WORK/root/w/old" "$WORK/all" "$WORK/sec" || exit 1
echo x >"$WORK/src/f"
chmod 1777 "$WORK/root/w" "$WORK/all"
far=$(mktemp -d "${TMPDIR:-/var/tmp}/img2nfs-sink.XXXXXX") || exit 1
at_exit "rm -rf '$far'"
cp -r "$O/tests/tools/sinkrun" "$WORK/src" "$far/" && chmod -R a+rX "$far" || exit 1
ganesha_start ro vfs "$WORK/ro" ro
ganesha_start root vfs "$WORK/root" squash=Root_Squash
ganesha_start all vfs "$WORK/all" squash=All_Squash
ganesha_start sec vfs "$WORK/sec" secure
find "$WORK/ro" "$WORK/root" "$WORK/all" "$WORK/sec" >"$WORK/before"

# refuse URL MESSAGE HINT: an extended regular expression each
refuse() {
	as_nobody "$far/sinkrun" "$far/src" "$1" >"$WORK/out" 2>"$WORK/notes"
	rc=$?
	cat "$WORK/notes"
	[ $rc -eq 2 ] || die "$1: status $rc"
	grep -Eq "^fatal $2" "$WORK/notes" || die "$1: want '$2'"
	grep -Eq -- "$3" "$WORK/notes" || die "$1: want '$3'"
}

line='127.0.0.1\(rw,insecure,no_root_squash,no_subtree_check\)$'
refuse "$(ganesha_url ro /new)" "cannot make directory '/export/new': NFS3ERR_ROFS" 'lacks the option rw'
refuse "$(ganesha_url ro /new)" "" "^/export $line"
refuse "$(ganesha_url root /new)" "cannot make directory '/export/new': NFS3ERR_ACCES" 'lacks the option no_root_squash'
refuse "$(ganesha_url sec /new)" ".*RPC Packet not accepted" 'lacks the option insecure'
refuse "$(ganesha_url root /w)" "the destination '/export/w' is not empty: it holds 'old'" 'nothing was written'
refuse "nfs://127.0.0.1/nothing/here?$(ganesha_query ro)" \
	"cannot mount '/nothing/here' from '127.0.0.1': MNT3ERR_[A-Z]* \(exported: /export\)" "^/nothing/here $line"
refuse "nfs://127.0.0.1/export?nfsport=1&mountport=$(cat "$(ganesha_dir all)/mountport")" \
	"cannot connect to the NFS service at 127.0.0.1 port 1: Connection refused" ''
refuse "nfs://127.0.0.1/export?nfsport=1&mountport=1" \
	"cannot connect to the MOUNT service of '127.0.0.1': Connection refused" ''
refuse "nfs://no-such-host.invalid/export" "cannot find host 'no-such-host.invalid': " ''
find "$WORK/ro" "$WORK/root" "$WORK/all" "$WORK/sec" | diff "$WORK/before" - || die "something was left behind"
