# A server without space, and one without inodes: the code's name, how far it came, status 4.
. "$top/tests/lib/e2e.sh"
need_loop
use_fixture plain
small_fs() {	# NAME MEGABYTES INODES TEXT
	small_disk "$1" "$2" "$3"
	serve "$1"
	# What is known beforehand is refused beforehand.
	extract "$img" "$(ganesha_url "$1" /root)"
	want_rc 4
	want_err 'the destination is not fit'
	want_err "$4"
	want_err '--no-check'
	want_empty "$exp"
	extract --no-check "$img" "$(ganesha_url "$1" /root)"
	want_rc 4
	want_err 'NFS3ERR_NOSPC'
	want_err 'incomplete'
}
# The image holds some 9 MB in 3600 objects.
small_fs space 6 8000 ' MiB are free'
small_fs inodes 100 500 ' inodes are free'

# Neither holes nor the image's own tables need room: 60 MB of a file, 1 MB of it data, fit into less than 3 MiB.
img=$WORK/sparse.img
truncate -s 64M "$img"
mkdir "$WORK/tree"
dd if=/dev/urandom of="$WORK/tree/sparse" bs=1k seek=30k count=1k 2>/dev/null
truncate -s 60M "$WORK/tree/sparse"
mke2fs -q -F -t ext4 -J size=8 -d "$WORK/tree" "$img" || die "mke2fs failed"
[ "$(dumpe2fs -h "$img" 2>/dev/null | awk '/^Block count/ { t = $3 } /^Free blocks/ { f = $3 } /^Block size/ { s = $3 }
	END { print ((t - f) * s > 3 * 1048576) }')" = 1 ] || die "the image uses too little to show it"
chmod a+r "$img"
img=$(for_nobody "$img") || die "no image for nobody"
small_disk tight 3 100
serve tight
extract "$img" "$(ganesha_url tight /root)"
want_rc 0
cmp "$WORK/tree/sparse" "$exp/root/sparse" || bad "the sparse file differs"
e2e_end
