# POSIX ACLs go over NFSACL: getfacl says the same of the image and of the server's disk, times and
# modes are right, verify finds an ACL that differs, --update mends it and no more than it, nothing is
# inherited from default ACLs that were there before.
. "$top/tests/lib/e2e.sh"
. "$top/tests/lib/knfsd.sh"
need_loop
need setfacl getfacl mke2fs

# SRC: all that setfacl can say.
img=$WORK/acl.img
truncate -s 32M "$img"
mke2fs -q -F -t ext4 -E root_owner=0:0 "$img" || die "mke2fs failed"
mkdir "$WORK/make"
mount -o loop,acl "$img" "$WORK/make" || die "cannot mount"
(
	cd "$WORK/make" || exit 1
	umask 022
	mkdir dir dir/below both none default-only root-only
	for f in named mask-narrow setuid many empty dir/child dir/below/child none/plain default-only/child; do
		echo "content of $f" >$f
	done
	: >empty
	mkfifo fifo
	mknod device c 5 1
	echo other >linked
	setfacl -m u:1234:rwx,g:99:r named
	setfacl -m u:4000000000:rw,g:4294967294:x mask-narrow
	setfacl -m m::r mask-narrow
	chmod 4755 setuid
	chown 7:8 setuid
	chmod u+s setuid
	setfacl -m u:1:rx setuid
	i=0
	while [ $i -lt 80 ]; do
		echo "u:$((1000 + i)):r"
		i=$((i + 1))
	done >../many.acl
	setfacl -M ../many.acl many
	setfacl -m u:3:r empty fifo device linked
	ln linked dir/link
	setfacl -m m::rx none/plain
	setfacl -m u:5:rwx dir
	setfacl -d -m u:6:rx,g:7:- dir
	setfacl -m u:5:x,d:u:9:rwx both
	setfacl -d -m o::- default-only
	chmod g+s both
	setfacl -m u:77:r .
	setfacl -d -m u:78:rwx .
	find . -depth -exec touch -h -d '2015-06-07 08:09:10.123456789' {} +
) || die "cannot fill the image"
umount "$WORK/make"
mount_ro "$img" "$WORK/mnt"
img=$(for_nobody "$img")

# The mask of an ACL that grants what the mode says cannot be said over NFSACL, and means nothing.
acls() {	# DIR
	getfacl -R -P -n -p -s "$1" 2>/dev/null | sed "s#$1#.#" |
		sed 's/[[:space:]]*#effective.*//' | awk 'BEGIN { RS = ""; FS = "\n"; OFS = " " }
			/user:[0-9]|group:[0-9]|default:/ { $1 = $1; print }' | sort
}
same_acls() {	# NAME
	knfsd_disk srv
	acls "$WORK/mnt" >"$WORK/want.acl"
	acls "$disk/export/$1" >"$WORK/got.acl"
	[ "$(grep -c '^# file:' "$WORK/want.acl")" -ge 12 ] || bad "too few ACLs to compare"
	diff "$WORK/want.acl" "$WORK/got.acl" >"$WORK/diff" || {
		echo "ACLs differ ('<' is the kernel's mount, '>' what arrived):"
		head -n 30 "$WORK/diff"
		failed=1
	}
	same_tree "$WORK/mnt" "$disk/export/$1"
	knfsd_thaw srv
}
same_times=''

knfsd_start srv
extract --json "$img" "$(knfsd_url srv /root)"
want_rc 0
want_json 'j["losses"] == [] and j["failed"]["count"] == 0'
want_json 'j["requests"]["SETACL"] == j["requests"]["GETACL"] - 1'
same_acls root

verify() {
	as_nobody "$bin" verify --json "$@" "$img" "$(knfsd_url srv /root)" >"$WORK/out" 2>"$WORK/err" </dev/null
	rc=$?
}
verify
want_rc 0


# Nothing to do.
extract --json --update "$img" "$(knfsd_url srv /root)"
want_rc 0
# (Making and removing the scratch directory has moved the mtime of the root: it is settled again.)
want_json 'j["update"]["equal"] == j["planned"]["total"] and j["requests"]["SETACL"] <= 1'

# Differences of every kind: an entry more, one less, a default ACL changed, the root's own.
knfsd_stop srv
mkdir "$WORK/rw"
mount -o loop "$(knfsd_dir srv)/disk" "$WORK/rw" || die "cannot mount the disk"
(
	cd "$WORK/rw/export/root" || exit 1
	setfacl -m u:4:r named
	setfacl -x u:1 setuid
	setfacl -b fifo
	setfacl -d -m u:6:- dir
	setfacl -m u:77:- .
	for f in named setuid fifo dir .; do
		chmod --reference="$WORK/mnt/$f" $f
		touch -r "$WORK/mnt/$f" $f
	done
	# Somebody's default ACL on the folder above what is extracted next.
	mkdir ../shared
	setfacl -m u:13:rwx,d:u:13:rwx ../shared
) || die "cannot change the disk"
umount "$WORK/rw"
knfsd_run srv || die "the machine did not start again"
verify
want_rc 6
want_json 'j["differences"]["acl"] == 5 and j["differences"]["count"] == 5'
verify --allow-loss=acl
want_rc 0
extract --update --dry-run "$img" "$(knfsd_url srv /root)"
want_rc 0
want_out '.f.......a. named'
want_out '.d.......a. dir/'
extract --json --update "$img" "$(knfsd_url srv /root)"
want_rc 0
want_json 'j["update"]["attributes"] >= 4 and j["bytes_written"] == 0'
same_acls root
verify
want_rc 0

extract --json "$img" "$(knfsd_url srv /shared/a/b)"
want_rc 0
extract --json "$img" "$(knfsd_url srv /shared/c)"
want_rc 0
same_acls shared/a/b

# New files in a directory whose default ACL is the image's own.
knfsd_do srv 'rm -rf /srv/export/shared/c/dir/below /srv/export/shared/c/both /srv/export/shared/c/default-only/child /srv/export/shared/c/none' ||
	bad "cannot remove"
extract --json --update "$img" "$(knfsd_url srv /shared/c)"
want_rc 0
same_acls shared/c
e2e_end
