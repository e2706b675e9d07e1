#!/bin/sh
# Images copied while the kernel has them mounted, after fsyncs and before a checkpoint: the tree
# read through the replay in memory is the one that the kernel shows after its own replay, and the
# image stays as it was.
set -eu
. "$top/tests/lib/test.sh"
need mke2fs python3 diff sha256sum dumpe2fs
need_loop
cd "$WORK"
mkdir m fast
if mount -t tmpfs -o size=400m tmpfs fast 2>/dev/null; then	# written and thrown away many times
	at_exit "cd /; umount -l '$WORK/fast'"
fi
at_exit "umount '$WORK/m' 2>/dev/null || :"
bad=0 stale=0 n=0
tools=$O/tests/tools

# work NAME SEED ROUNDS "MKE2FS OPTIONS" "MOUNT OPTIONS" [fast]: leaves fast/dirty.img.
# Status 1: cannot be made here.
work() {
	rm -f fast/*
	truncate -s 96M fast/live.img
	if ! mke2fs -q -F -t ext4 -E lazy_itable_init=0 $4 fast/live.img 2>mke2fs.err ||
		! mount -t ext4 -o "loop,commit=300,user_xattr${5:+,$5}" fast/live.img m 2>mount.err; then
		echo "$1: cannot be made here: $(cat mke2fs.err mount.err 2>/dev/null | head -1)"
		return 1
	fi
	mkdir m/base
	for i in 1 2 3; do echo $i >m/base/b$i; done
	open=m/base/open
	[ -z "${6:-}" ] || open=open
	# Removed while open: an orphan in the image. Linux 6.18 does not mount that with fast commits.
	exec 7>"$open"
	head -c 100000 /dev/zero | tr '\0' x >&7
	sync -f m
	rm "$open"
	if ! python3 "$top/tests/lib/dirty.py" m "$2" "$3" ${6:-} >/dev/null; then
		bad=1
		echo "$1: dirty.py failed"
	fi
	cp fast/live.img fast/dirty.img
	exec 7>&-
	umount m
	rm fast/live.img
}

# What the kernel makes of a copy. Status 1: it does not mount it, or says itself that its replay went wrong.
truth() {
	cp fast/dirty.img fast/kernel.img
	if ! mount -t ext4 -o loop,noatime fast/kernel.img m 2>/dev/null; then
		echo "$1: the kernel does not mount it"
		return 1
	fi
	"$tools/dirdump" m >want
	umount m
	dumpe2fs -h fast/kernel.img 2>/dev/null | grep -q 'state:.*errors' || return 0
	echo "$1: the kernel's replay went wrong"
	return 1
}

# Of a file with several names Linux counts what it has read of unwritten extents as data; its
# replay of fast commits sets the times of directories (fastcommit.h).
comparable() {
	awk -F '\t' -v OFS='\t' -v fast="$2" \
		'$8 ~ /^group=/ { $NF = "" } fast && $2 == "d" { $6 = "" } { print }' "$1"
}

row() {
	work "$@" && truth "$1" || return 0
	n=$((n + 1))
	before=$(sha256sum <fast/dirty.img)
	# Linux 6.18 loses the blocks of a file that outgrows its inode (inline_data) within one
	# fast commit: we show the same and call it damage.
	if ! "$tools/treedump" fast/dirty.img >got 2>notes &&
		! grep -q '^damaged journal.* tags\{0,1\} .*fast commits' notes; then
		echo "$1: not read:"; cat notes; bad=1
	fi
	[ "$before" = "$(sha256sum <fast/dirty.img)" ] || { echo "$1: the image changed"; bad=1; }
	grep -q '^info journal' notes || { echo "$1: nothing was replayed"; bad=1; }
	comparable want "${6:-}" >want.cmp
	comparable got "${6:-}" >got.cmp
	if ! diff want.cmp got.cmp >differs; then
		echo "$1: $(grep -c '^[<>]' differs) lines differ"
		head -6 differs
		bad=1
	fi
	"$tools/treedump" -i fast/dirty.img >got 2>/dev/null || :
	comparable got "${6:-}" >got.cmp
	cmp -s want.cmp got.cmp || stale=$((stale + 1))
	echo "$1: $(wc -l <want) objects, $(sed 's/^info .*: replayed //' notes | tr '\n' ';')"
}

row v3 1 6 "" ""
row v3-1k 2 8 "-b 1024 -J size=4" ""
row v3-wrap 3 40 "-b 1024 -J size=1" ""
row v1 4 6 "-b 4096 -O ^metadata_csum" journal_checksum
row v1-async 5 6 "-b 1024 -O ^metadata_csum,^64bit" journal_async_commit,data=writeback
row v3-async 6 6 "-b 2048" journal_async_commit,data=writeback
row data-journal 7 6 "-b 4096" data=journal
row data-journal-1k 8 8 "-b 1024 -O ^metadata_csum,^64bit -J size=16" data=journal
row indirect 9 6 "-b 1024 -O ^64bit,^extent,^metadata_csum" data=journal
old=^64bit,^extent,^metadata_csum,^flex_bg,^huge_file,^dir_nlink,^extra_isize
row ext3 10 6 "-b 4096 -I 128 -O $old" ""
row inline-bigalloc 11 6 "-O inline_data,bigalloc -I 512" ""
row orphan-file 12 6 "-O orphan_file" ""
row meta-bg 13 6 "-O meta_bg,^resize_inode -b 1024" ""
for seed in 1 2 3; do
	row fast-1k-$seed $seed 5 "-b 1024 -O fast_commit -J size=16" "" fast
	row fast-4k-$seed 1$seed 5 "-b 4096 -O fast_commit,inline_data -I 512" "" fast
done
row fast-v1 20 5 "-b 1024 -O fast_commit,^metadata_csum" "" fast
echo "$n images; without the journal $stale of them read stale"
[ $n -ge 15 ] || { echo "too few images could be made"; bad=1; }
[ $stale -ge $((n / 2)) ] || { echo "the journals make no difference"; bad=1; }
exit $bad
