# The disk of a Linux NFS server fills up in mid-run: the code's name and status 4; with room made,
# --update finishes the job. The same for inodes.
. "$top/tests/lib/e2e.sh"
. "$top/tests/lib/knfsd.sh"
need_loop
use_fixture plain
mount_ro "$img" "$WORK/mnt"
same_times=''
knfsd_start srv size=256 mkfs='-N 8192 -b 4096 -m 0'

finish() {	# NAME
	extract --no-check --update "$img" "$(knfsd_url srv "/$1")"
	want_rc 0
	knfsd_disk srv
	same_tree "$WORK/mnt" "$disk/export/$1"
	knfsd_thaw srv
}

knfsd_do srv 'n=$(df -m /srv | tail -n 1 | awk "{ print \$4 }"); dd if=/dev/zero of=/srv/fill bs=1M count=$((n - 4))' >/dev/null
extract --no-check "$img" "$(knfsd_url srv /space)"
want_rc 4
want_err 'NFS3ERR_NOSPC'
want_err 'incomplete'
knfsd_do srv 'rm /srv/fill'
finish space

knfsd_do srv 'mkdir /srv/i; i=0; n=$(($(df -i /srv | tail -n 1 | awk "{ print \$4 }") - 700)); while [ $i -lt $n ]; do : >/srv/i/$i; i=$((i + 1)); done'
extract "$img" "$(knfsd_url srv /inodes)"
want_rc 4
want_err 'inodes are free'
extract --no-check "$img" "$(knfsd_url srv /inodes)"
want_rc 4
want_err 'NFS3ERR_NOSPC'
knfsd_do srv 'rm -r /srv/i'
finish inodes
e2e_end
