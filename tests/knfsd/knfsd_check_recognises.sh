# What is wrong with an export of Linux' own NFS server: each option of /etc/exports with its message
# and status 4, nothing left behind; and a good one passes, symlink times included.
. "$top/tests/lib/e2e.sh"
. "$top/tests/lib/knfsd.sh"
need_root "the server's disk"

check() {
	as_nobody "$bin" check "$@" >"$WORK/out" 2>"$WORK/err" </dev/null
	rc=$?
}

fails() {	# ID TEXT
	want_rc 4
	grep -qE "^fail +$1 .*$2" "$WORK/out" || bad "no failure $1 with '$2'"
	left=$(knfsd_do srv 'ls -A /srv/export')
	[ -z "$left" ] || bad "left behind: $left"
}

try() {	# OPTIONS [PATH]
	knfsd_export srv "async,no_subtree_check,$1"
	check "$(knfsd_url srv "${2:-}")"
}

knfsd_start srv size=64 mkfs='-N 512'
check "$(knfsd_url srv)"
want_rc 0
want_out 'ok       symlink-times'

# Who may write there shows as somebody else, who may not is refused.
knfsd_do srv 'chmod 777 /srv/export'
try rw,insecure,root_squash
fails identity 'takes us for uid 65534 instead of 0'
fails owners 'squashed'
fails devices 'NFS3ERR_PERM'
want_out '(rw,insecure,no_root_squash,no_subtree_check)'
try rw,insecure,all_squash,anonuid=1000,anongid=1000
fails identity 'takes us for uid 1000 instead of 0'
knfsd_do srv 'chmod 755 /srv/export'
try rw,insecure,root_squash /a/b
fails writable 'NFS3ERR_ACCES'
want_out 'no_root_squash'

try ro,insecure,no_root_squash
fails writable 'NFS3ERR_ROFS'
want_out '(rw,insecure'

# secure, the default: at once, not after the usual 300 s; root has a port that will do.
start=$(date +%s)
try rw,no_root_squash
fails export 'MNT3ERR_ACCES'
want_out 'insecure'
[ $(($(date +%s) - start)) -lt 60 ] || bad "it took longer than a minute"
"$bin" check "$(knfsd_url srv)" >"$WORK/out" 2>"$WORK/err" </dev/null
rc=$?
want_rc 0

# Below the export.
knfsd_export srv async,no_subtree_check,rw,insecure,no_root_squash
knfsd_do srv 'mount -o remount,ro /srv'
check "$(knfsd_url srv)"
fails writable 'NFS3ERR_ROFS'
want_out 'mounted read-only'
knfsd_do srv 'mount -o remount,rw /srv; dd if=/dev/zero of=/srv/fill bs=1M count=100' >/dev/null
check "$(knfsd_url srv)"
fails space 'no space is free'
knfsd_do srv 'rm /srv/fill; mkdir /srv/i; i=0; while :; do : 2>/dev/null >/srv/i/$i || break; i=$((i + 1)); done'
check "$(knfsd_url srv)"
fails writable 'NFS3ERR_NOSPC'
fails inodes '0 inodes are free'
knfsd_do srv 'rm -r /srv/i'

# Not for us, and not at all.
knfsd_do srv 'exportfs -ua; exportfs -o rw 192.0.2.1:/srv/export; exportfs -f'
check "$(knfsd_url srv)"
fails export 'MNT3ERR_ACCES'
knfsd_at srv
want_out "$knf_us(rw,insecure"
knfsd_do srv 'exportfs -ua; exportfs -f'
check "$(knfsd_url srv)"
fails export 'MNT3ERR_'
e2e_end
