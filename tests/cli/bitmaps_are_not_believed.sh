#!/bin/sh
# Inodes that the bitmap calls free are there when a directory names them, as the kernel has it: the
# bitmap only saves reading.
set -eu
. "$top/tests/lib/test.sh"
need mke2fs debugfs
cd "$WORK"
mkdir -p tree/a
for i in $(seq 300); do
	echo "$i" >"tree/a/f$i"
done
truncate -s 64M img
mke2fs -q -F -t ext2 -O ^uninit_bg -N 4096 -d tree img
"$O/tests/tools/treedump" img >want
[ "$(wc -l <want)" -eq 303 ] || die "the tree is not whole"
last=$(debugfs -R 'stat /a/f300' img 2>/dev/null | sed -n 's/^Inode: \([0-9]*\).*/\1/p')
# All that the bitmaps hold of the files, so that the table is believed to end before them.
for i in $(seq $((last - 200)) $((last + 200))); do
	echo "freei <$i>"
done >commands
debugfs -w -f commands img >/dev/null 2>&1
debugfs -R 'testi /a/f300' img 2>/dev/null | grep -q 'not in use' || die "the bitmap was not changed"
"$O/tests/tools/treedump" img >got
diff want got || die "objects are missing"
