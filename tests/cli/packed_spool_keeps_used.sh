# What the block bitmaps call free is not kept in the spool, so that deleted files cost no room:
# its size on disk is at most the used part of the file system, whatever its block groups look like,
# and whatever lay on the medium before it was formatted. Bitmaps that are damaged, or a journal that is
# left alone, and all is kept; a file in blocks that a bitmap calls free is not taken for zeros.
# (A journal that changes bitmaps: root/spool_after_replay.)
. "$top/tests/lib/cli.sh"
. "$top/tests/lib/tiny_image.sh"
. "$top/tests/lib/packed.sh"
. "$top/tests/lib/spool.sh"
mkdir -p tree/etc
echo hello >tree/etc/motd
head -c 3000000 /dev/urandom >tree/kept-1
head -c 20000000 /dev/urandom >tree/old
head -c 3000000 /dev/urandom >tree/zz-kept-2

# with_deleted FILE MKE2FS_OPTION...: 20 MB of a deleted file between two that are there
with_deleted() {
	rm -f "$1"
	truncate -s 40M "$1"
	mke2fs -q -F -d tree "$@" || die "mke2fs failed"
}
delete() {
	debugfs -w -R 'rm old' "$1" 2>/dev/null || die "debugfs failed"
	e2fsck -fn "$1" >fsck.log 2>&1 || die "$(cat fsck.log)"
}
right() {	# WHAT
	[ $rc -eq 0 ] || die "$1: status $rc: $(cat err)"
	grep -q 'files  *3 ' out || die "$1: $(cat out)"
}
no_more_than_used() {	# WHAT
	right "$1"
	[ "$bytes" -le "$(used disk)" ] ||
		die "$1: the spool has $bytes bytes, the file system uses $(used disk)"
	[ "$bytes" -gt 6000000 ] || die "$1: the files are not in the spool: $bytes"
}

for how in '-t ext4 -b 1024' '-t ext4 -O bigalloc -C 65536' '-t ext2'; do
	# shellcheck disable=SC2086
	with_deleted disk $how
	delete disk
	spool_bytes disk
	no_more_than_used "$how"
done

# what was there before: in groups that have never been in use, too, which have no bitmap
for how in '-t ext4 -b 1024' '-t ext4 -b 1024 -O ^flex_bg' '-t ext4 -b 1024 -O meta_bg,^resize_inode'; do
	head -c 60M /dev/urandom >disk
	# shellcheck disable=SC2086
	mke2fs -q -F -E nodiscard $how -d tree disk 60M || die "mke2fs failed"
	delete disk
	dumpe2fs disk 2>/dev/null | grep -q BLOCK_UNINIT || die "$how: each group has a bitmap"
	e2fsck -fn disk >fsck.log 2>&1 || die "$how: $(head -c 1000 fsck.log)"
	spool_bytes disk
	no_more_than_used "used before, $how"
done

# the superblock asks for a replay, and the journal is empty: the bitmaps are the last word, but not
# when the journal is not looked at
with_deleted disk -t ext4 -b 4096
delete disk
debugfs -w -R 'feature needs_recovery' disk >/dev/null 2>&1
spool_bytes disk
no_more_than_used 'an empty journal'
spool_bytes disk --journal=ignore
right 'a journal that is ignored'
[ "$bytes" -gt 25000000 ] || die "bitmaps are believed without the journal: $bytes"

# a bitmap with a wrong bit
with_deleted disk -t ext4 -b 4096
delete disk
at=$(dumpe2fs disk 2>/dev/null | sed -n 's/.*Block bitmap at \([0-9]*\).*/\1/p' | head -n 1)
printf '\000' | dd of=disk bs=1 seek=$((at * 4096 + 10)) conv=notrunc status=none
spool_bytes disk
[ "$bytes" -gt 20000000 ] || die "a damaged bitmap is believed: $bytes"

# of two file systems the first one is given back when the second one proves to be the root
if command -v sfdisk >/dev/null; then
	mkdir -p root/etc root/sbin
	cp -a tree/kept-1 tree/zz-kept-2 root/
	echo init >root/sbin/init
	rm -f part disk
	truncate -s 40M part
	mke2fs -q -F -t ext4 -b 4096 -d root part || die "mke2fs failed"
	mkdir data && cp tree/old data/
	truncate -s 100M disk
	truncate -s 40M part1
	mke2fs -q -F -t ext4 -b 4096 -d data part1 || die "mke2fs failed"
	printf 'label: dos\n2048,81920,83\n83968,81920,83\n' | sfdisk -q disk
	dd if=part1 of=disk bs=512 seek=2048 conv=notrunc status=none
	dd if=part of=disk bs=512 seek=83968 conv=notrunc status=none
	spool_bytes disk
	right 'two file systems'
	[ "$bytes" -le "$(used part)" ] ||
		die "two file systems: the spool has $bytes bytes, the second one uses $(used part)"
fi

# a file whose blocks are called free, by a bitmap with the right checksum, and so says its
# group
with_deleted disk -t ext4 -b 4096
blk=$(debugfs -R 'blocks /zz-kept-2' disk 2>/dev/null | awk '{ print $5 }')
free=$(dumpe2fs disk 2>/dev/null | sed -n 's/^  \([0-9]*\) free blocks, .*/\1/p' | head -n 1)
printf 'freeb %s 4\nset_bg 0 free_blocks_count %s\n' "$blk" $((free + 4)) >commands
debugfs -w -f commands disk >/dev/null 2>&1
gzip -1c disk >x.gz
"$img2nfs" cat disk:/zz-kept-2 2>/dev/null | cmp - tree/zz-kept-2 || die "the image itself is bad"
rc=0
"$img2nfs" extract --manifest=m --spool=spool x.gz null: >out 2>err || rc=$?
[ $rc -eq 5 ] || die "blocks that were not kept: status $rc: $(cat err)"
grep -q "zz-kept-2" err || die "the file is not named: $(cat err)"
grep -q 'calls these blocks free, so they were not kept' err || die "no reason: $(cat err)"
