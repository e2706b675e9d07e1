#!/bin/sh
# Without the key, an encrypted folder has the names that the kernel shows without the key; reading a file says why not.
set -eu
. "$top/tests/lib/test.sh"
need mke2fs python3 diff
need_loop
cd "$WORK"
mkdir m
at_exit "umount '$WORK/m' 2>/dev/null || :"

check() {
	count=$1
	shift
	rm -f img
	truncate -s 32M img
	mke2fs -q -F -t ext4 -O encrypt,stable_inodes "$@" img
	mount -t ext4 -o loop img m 2>/dev/null || skip "the kernel does not mount encrypted file systems"
	python3 "$top/tests/lib/encrypt.py" m "$count" || { umount m; skip "the kernel does not encrypt"; }
	umount m
	mount -t ext4 -o ro,noload,loop img m
	(cd m && find . | LC_ALL=C sort) >want
	umount m
	"$O/tests/tools/treedump" img 2>notes | cut -f 1 | LC_ALL=C sort >got
	diff want got || die "names differ"
	[ "$(sort -u notes)" = "damaged content: the file is encrypted and the key is not in the image
damaged symlink: the target is encrypted and the key is not in the image" ] || die "notes differ: $(sort -u notes)"
	echo "$(wc -l <got) names"
}

check 5
check 500 -b 1024
check 20 -O ^dir_index
check 100 -b 1024 -O inline_data
