#!/bin/sh
# For every kind of ext2/3/4 that the kernel mounts: what it wrote and shows is what src/ext4 reads, object by object,
# with extended attributes. fixtures/ext4_tree.py says what is in the images.
set -eu
. "$top/tests/lib/test.sh"
need mke2fs python3 diff
need_loop
cd "$WORK"
mkdir m fast
if mount -t tmpfs -o size=256m tmpfs fast 2>/dev/null; then	# the images are written and thrown away, 32 times
	at_exit "cd /; umount '$WORK/fast' || :"
fi
img=fast/img
at_exit "umount '$WORK/m' 2>/dev/null || :"
bad=0
late=		# tune2fs options for what this kernel reads but does not write

# row NAME INODE_SIZE BLOCK_SIZE "WORDS FOR ext4_tree.py" MKE2FS OPTIONS...
row() {
	name=$1 isize=$2 bs=$3 words=$4
	shift 4
	rm -f $img
	case $words in
	*many*) inodes=24576 ;;
	*) inodes=4096 ;;
	esac
	truncate -s 96M $img
	mke2fs -q -F -I "$isize" -b "$bs" -N $inodes "$@" $img 2>mke2fs.err || { cat mke2fs.err; bad=1; return; }
	if ! mount -t ext4 -o loop,user_xattr,acl $img m 2>/dev/null; then
		echo "$name: the kernel does not mount it"
		return
	fi
	if ! python3 "$top/fixtures/ext4_tree.py" m "$isize" "$bs" "$words" 2>tree.err; then
		cat tree.err
		bad=1
	fi
	umount m
	if [ -n "$late" ]; then
		tune2fs $late $img >/dev/null
	fi
	mount -t ext4 -o ro,noload,noatime,loop $img m
	"$O/tests/tools/dirdump" -a m >want
	python3 "$top/tests/lib/xattrdump.py" m | LC_ALL=C sort >want.xattr
	umount m
	"$O/tests/tools/treedump" -a $img >got 2>notes || { echo "$name: status $?"; cat notes; bad=1; }
	"$O/tests/tools/treedump" -X $img | LC_ALL=C sort >got.xattr
	if [ -s notes ]; then
		echo "$name: notes"; head -5 notes; bad=1
	fi
	diff want got >differs || { echo "$name: $(grep -c '^[<>]' differs) lines differ"; head -6 differs; bad=1; }
	diff want.xattr got.xattr >differs || { echo "$name: xattrs differ"; head -6 differs; bad=1; }
	echo "$name: $(wc -l <got) objects"
}

ext4=extent
row ext2-1k 128 1024 "" -t ext2
row ext2-4k 256 4096 "" -t ext2
# -r is the option until e2fsprogs 1.47.0, later it is -E revision, which bears no -O beside it
rev0='-r 0 -O none'
mke2fs -q -F -r 0 "$WORK/rev0" 1m 2>/dev/null || rev0='-E revision=0'
# shellcheck disable=SC2086 # words wanted
row ext2-rev0 128 1024 "" -t ext2 $rev0
row ext3-1k 128 1024 "" -t ext3
row ext3-2k-noindex 256 2048 "" -t ext3 -O ^dir_index
row ext4-1k 256 1024 $ext4 -t ext4
row ext4-2k 256 2048 $ext4 -t ext4
row ext4-4k 256 4096 $ext4,many -t ext4
row inode-128 128 4096 $ext4 -t ext4
row inode-512 512 4096 $ext4 -t ext4
row inode-1024 1024 2048 $ext4 -t ext4
row inode-4096 4096 4096 $ext4 -t ext4
row inline-256 256 4096 $ext4 -t ext4 -O inline_data
row inline-1k 256 1024 $ext4 -t ext4 -O inline_data
row inline-1024 1024 4096 $ext4 -t ext4 -O inline_data
row bigalloc 256 4096 $ext4 -t ext4 -O bigalloc -C 16384
row bigalloc-1k 256 1024 $ext4 -t ext4 -O bigalloc -C 16384
row meta_bg 256 1024 $ext4 -t ext4 -O meta_bg,^resize_inode
row no-flex_bg 256 1024 $ext4 -t ext4 -O ^flex_bg
row 32bit 256 4096 $ext4 -t ext4 -O ^64bit
row no-csum 256 4096 $ext4 -t ext4 -O ^metadata_csum
row uninit_bg 256 4096 $ext4 -t ext4 -O ^metadata_csum,uninit_bg
row csum_seed 256 4096 $ext4 -t ext4 -O metadata_csum_seed
row sparse_super2 256 4096 $ext4 -t ext4 -O sparse_super2,^resize_inode
row no-index 256 1024 $ext4 -t ext4 -O ^dir_index
row large_dir 256 1024 $ext4,many -t ext4 -O large_dir
row ea_inode 256 4096 $ext4,ea_inode -t ext4 -O ea_inode
late='-O quota,project'
row quota-project 256 4096 $ext4 -t ext4
late=
row mmp 256 4096 $ext4 -t ext4 -O mmp
row orphan_file 256 4096 $ext4 -t ext4 -O orphan_file
row stable-verity 256 4096 $ext4 -t ext4 -O stable_inodes,verity
late='-O quota'
row all-new 1024 4096 $ext4,ea_inode,many -t ext4 \
	-O inline_data,metadata_csum_seed,large_dir,ea_inode,mmp,bigalloc,stable_inodes -C 16384
exit $bad
