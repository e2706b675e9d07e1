#!/bin/sh
# 20,000 files on a file system of 200 GB cost the reads and the memory that they cost on one of
# 2 GB, whether group descriptors tell what is unused (ext4 of today) or the bitmaps must (ext3).
set -eu
. "$top/tests/lib/test.sh"
need mke2fs
cd "$WORK"
case $(nm -D "$O/img2nfs" 2>/dev/null) in *__asan_*) skip "the sanitizer's own memory would count" ;; esac

measure() {	# SIZE FEATURES: sets reads, bytes, kib
	rm -f img watched.out
	truncate -s "$1" img
	mke2fs -q -F -t ext4 -b 4096 -O "^has_journal,$2" img || die "mke2fs failed"
	"$O/tests/tools/bigimage" -n 20000 img || die "bigimage failed"
	"$O/tests/tools/treedump" -q img >out || die "treedump failed"
	# 20402 inodes, 20401 dirents, N reads, N bytes
	grep -q '^20402 inodes, 20401 dirents' out || { cat out; die "the tree is not whole"; }
	reads=$(sed 's/.* \([0-9]*\) reads.*/\1/' out)
	bytes=$(sed 's/.* \([0-9]*\) bytes.*/\1/' out)
	"$O/tests/tools/watched" watched.out "$O/img2nfs" extract --quiet img null: || die "extract failed"
	kib=$(sed -n 's/^maxrss_kib //p' watched.out)
	echo "$1 $2: $reads reads, $bytes bytes, $kib KiB"
}

for features in metadata_csum ^metadata_csum,^uninit_bg; do
	measure 2G $features
	want_reads=$((reads + 20)) want_bytes=$((bytes + bytes / 10)) want_kib=$((kib + 2048))
	measure 200G $features
	[ "$reads" -le $want_reads ] || die "want at most $want_reads reads"
	[ "$bytes" -le $want_bytes ] || die "want at most $want_bytes bytes"
	[ "$kib" -le $want_kib ] || die "want at most $want_kib KiB"
done
