# What the block bitmaps call free is not kept in the spool, so that deleted files cost no room:
# its size on disk is at most the used part of the file system, whatever its block groups look like.
# A journal that has to be replayed, or bitmaps that are damaged, and all is kept; a file in blocks
# that a bitmap calls free is not taken for zeros.
. "$top/tests/lib/cli.sh"
. "$top/tests/lib/tiny_image.sh"
. "$top/tests/lib/packed.sh"
need mke2fs debugfs dumpe2fs gzip python3
[ -d /proc/self/fd ] || skip "no /proc/PID/fd here"
mkdir -p tree/etc spool
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
# spool_bytes FILE: what the spool of `cat FILE | extract - null:` has on the disk when all has come
spool_bytes() {
	rm -f pipe
	mkfifo pipe
	"$img2nfs" extract --allow-loss=all --spool=spool - null: <pipe >out 2>err &
	pid=$!
	exec 3>pipe
	gzip -1c "$1" >&3
	until_ok 60 has_come "$1" || die "it does not come to its end"
	bytes=$(($(stat -L -c %b "$fd") * 512))
	exec 3>&-
	rc=0
	wait $pid || rc=$?
}
# bytes that nobody has taken out of the pipe
in_pipe() {
	python3 -c 'import array, fcntl, termios
n = array.array("i", [0])
fcntl.ioctl(3, termios.FIONREAD, n)
print(n[0])'
}
# all was unpacked: nothing is left in the pipe, each thread waits, and the spool does not grow any more
has_come() {
	fd=
	for f in "/proc/$pid/fd"/*; do
		case $(readlink "$f") in
		*/spool/*deleted*) fd=$f ;;
		esac
	done
	[ -n "$fd" ] || return 1
	was=${now-}
	now=$(stat -L -c %b "$fd") || return 1
	[ "$now" = "$was" ] && [ "$now" -gt 4000 ] && [ "$(in_pipe)" -eq 0 ] &&
		[ "$(cat "/proc/$pid/task"/*/stat | cut -d' ' -f3 | sort -u)" = S ]
}
# in bytes, by dumpe2fs
used() {
	dumpe2fs -h "$1" 2>/dev/null | awk -F: '/^Block count/ { b = $2 } /^Free blocks/ { f = $2 }
		/^Block size/ { s = $2 } END { print (b - f) * s }'
}
right() {	# WHAT
	[ $rc -eq 0 ] || die "$1: status $rc: $(cat err)"
	grep -q 'files  *3 ' out || die "$1: $(cat out)"
}

for how in '-t ext4 -b 1024' '-t ext4 -O bigalloc -C 65536' '-t ext2'; do
	# shellcheck disable=SC2086
	with_deleted disk $how
	delete disk
	spool_bytes disk
	right "$how"
	[ "$bytes" -le "$(used disk)" ] ||
		die "$how: the spool has $bytes bytes, the file system uses $(used disk)"
	[ "$bytes" -gt 6000000 ] || die "$how: the files are not in the spool: $bytes"
done

# a dirty journal: the bitmaps are not the last word
with_deleted disk -t ext4 -b 4096
delete disk
debugfs -w -R 'feature needs_recovery' disk >/dev/null 2>&1
spool_bytes disk
right 'journal to be replayed'
[ "$bytes" -gt 25000000 ] || die "bitmaps are believed before the journal is replayed: $bytes"

# a bitmap with a wrong bit
with_deleted disk -t ext4 -b 4096
delete disk
at=$(dumpe2fs disk 2>/dev/null | sed -n 's/.*Block bitmap at \([0-9]*\).*/\1/p' | head -n 1)
printf '\000' | dd of=disk bs=1 seek=$((at * 4096 + 10)) conv=notrunc status=none
spool_bytes disk
[ "$bytes" -gt 20000000 ] || die "a damaged bitmap is believed: $bytes"

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
