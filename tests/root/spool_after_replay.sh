# A card that was pulled out of a running machine, through a pipe: which blocks are free, the journal says, and the spool
# takes no more than the used part; a file that only the journal knows of, and whose blocks the bitmaps in place call free,
# is there. The image is copied while the kernel has it mounted.
. "$top/tests/lib/cli.sh"
. "$top/tests/lib/tiny_image.sh"
. "$top/tests/lib/packed.sh"
. "$top/tests/lib/spool.sh"
need_loop
mkdir m
head -c 60M /dev/urandom >live
mke2fs -q -F -t ext4 -b 1024 -J size=4 -E nodiscard,lazy_itable_init=0 live 60M || die "mke2fs failed"
mount -o loop,commit=300,nodiscard live m || skip "the kernel does not mount it"
at_exit "umount '$WORK/m' 2>/dev/null || :"
head -c 4000000 /dev/urandom >m/kept
head -c 25000000 /dev/urandom >m/old
umount_written m	# the bitmaps in place know of these
mount -o loop,commit=300,nodiscard live m || die "the kernel does not mount it again"
rm m/old
head -c 5000000 /dev/urandom >m/new
sync m/new	# an fsync: the journal has it all, and the places in the file system nothing
sha256sum <m/new >new.sum
sha256sum <m/kept >kept.sum
cp live disk
umount m
dumpe2fs -h disk 2>/dev/null | grep -q needs_recovery || die "the journal is empty"
# what it is after the kernel's replay
cp disk replayed
mount -o loop replayed m || die "the kernel does not replay it"
sha256sum <m/new | cmp - new.sum || die "the kernel's replay has another file"
umount m
blk=$(debugfs -R 'blocks /new' replayed 2>/dev/null | awk '{ print $9 }')
debugfs -R "testb $blk" disk 2>/dev/null | grep -q 'not in use' || skip "the bitmaps in place have been written already"

"$img2nfs" cat -v disk:/new 2>err | sha256sum | cmp - new.sum || die "the image itself: $(cat err)"
grep -q 'replayed [1-9]' err || die "nothing is replayed: $(cat err)"
spool_bytes disk
[ $rc -eq 0 ] || die "status $rc: $(cat err)"
grep -q 'files  *2 ' out || die "$(cat out)"
echo "the spool has $bytes bytes, $(used replayed) are in use"
[ "$bytes" -gt 9000000 ] || die "the files are not in the spool: $bytes"
[ "$bytes" -le "$(used replayed)" ] || die "the spool has $bytes bytes, the file system uses $(used replayed)"
for f in new kept; do
	gzip -1c disk | "$img2nfs" cat "-:/$f" 2>err | sha256sum | cmp - $f.sum || die "$f: $(cat err)"
done
