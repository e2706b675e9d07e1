# What is wrong with an export, each with its message, what mends it and status 4; nothing is left
# behind on any of them.
. "$top/tests/lib/e2e.sh"
need_loop

check() {
	as_nobody "$bin" check "$@" >"$WORK/out" 2>"$WORK/err" </dev/null
	rc=$?
}

fails() {	# ID TEXT
	grep -qE "^fail +$1 .*$(in_version "$2")" "$WORK/out" || bad "no failure $1 with '$2'"
}

# root_squash, where everybody may write: it shows in the owner of what is made.
serve squash squash=Root_Squash
chmod 777 "$exp"
check "$(ganesha_url squash)"
want_rc 4
fails identity 'takes us for uid [0-9]* instead of 0'
fails owners 'squashed'
fails devices 'NFS3ERR_PERM'
want_out '/export 127.0.0.1(rw,insecure,no_root_squash,no_subtree_check)'
want_out 'Synology: NFS Permissions > Squash: No mapping'
want_out 'Maproot User: root'
want_out 'Squash = No_Root_Squash'
[ "$(grep -c 'Synology' "$WORK/out")" = 1 ] || bad "the same advice is given several times"
want_empty "$exp"

# The same where only root may write: it shows as a refusal in what is root's own.
chmod 755 "$exp"
check "$(ganesha_url squash /a/b)"
want_rc 4
fails writable 'NFS3ERR_ACCES'
fails identity 'belongs to uid 0, and yet we may not write there'
want_out 'no_root_squash'
want_empty "$exp"

# all_squash: the same remedy.
serve all squash=All_Squash
chmod 777 "$exp"
check "$(ganesha_url all)"
want_rc 4
fails identity 'instead of 0'
want_empty "$exp"

# secure: ordinary users have no source port below 1024. It is said at once, not after 300 s, which is how
# long a server is usually asked again.
serve priv secure
start=$(date +%s)
check "$(ganesha_url priv)"
want_rc 4
fails export ''
want_out 'insecure'
# NFSv4: such an export is hidden, as one that is not there
is_v4 || want_out 'Allow connections from non-privileged ports'
is_v4 || want_out 'PrivilegedPort = false'
is_v4 || want_out 'Allow non-root mount'
[ $(($(date +%s) - start)) -lt 60 ] || bad "it took longer than a minute"
# Root has one.
"$bin" check --allow-loss=all "$(ganesha_url priv)" >"$WORK/out" 2>"$WORK/err"
rc=$?
want_rc 0

serve readonly ro
check "$(ganesha_url readonly /a)"
want_rc 4
fails writable 'NFS3ERR_ROFS'
want_out 'Access_Type = RW'
want_out '(rw,insecure'
want_empty "$exp"

# No such export; no server. Neither is a finding about the tree, but both are status 4.
check "nfs://127.0.0.1/elsewhere?$(ganesha_query readonly)"
want_rc 4
if is_v4; then
	fails export "'/elsewhere' is in no export that the server shows us"
else
	fails export 'MNT3ERR_'
fi
want_out 'NFS Permissions'
check 'nfs://127.0.0.1/export?version=3&nfsport=1&mountport=1'
want_rc 4
want_err 'cannot connect'

# The export is rw, what it lies on is not.
small_disk parent 1 16
mount -o remount,ro "$exp" || die "cannot mount it read-only"
serve parent
check "$(ganesha_url parent /new)"
want_rc 4
fails writable 'NFS3ERR_ROFS'
want_out 'mounted read-only'

# Full: no space for what the image needs, no space at all, no inodes.
small_disk full 1 100
serve full
dd if=/dev/zero of="$exp/filler" bs=4096 2>/dev/null
check "$(ganesha_url full)"
want_rc 4
fails space 'no space is free'
[ "$(ls -A "$exp")" = filler ] || bad "something is left behind"
small_disk inodes 10 16
serve inodes
i=0
while touch "$exp/$i" 2>/dev/null; do i=$((i + 1)); done
check "$(ganesha_url inodes)"
want_rc 4
fails writable 'NFS3ERR_NOSPC'
fails inodes '0 inodes are free'
e2e_end
