# Of an .xz of 64 blocks of 1 MiB, what ls and cat need is unpacked, and no more: at most one block in three for ls, and
# for cat those of the file besides. Not a byte is written anywhere. Damage in a block that nobody needs is not noticed;
# in one that is needed it is one line and status 3.
. "$top/tests/lib/cli.sh"
. "$top/tests/lib/packed.sh"
need xz mke2fs debugfs
mkdir -p tree/etc
echo hello >tree/etc/motd
for i in 1 2 3 4 5; do
	head -c 4000000 /dev/urandom >"tree/blob$i"
done
truncate -s 64M disk
mke2fs -q -F -t ext4 -b 4096 -d tree disk || die "mke2fs failed"
xz -0 -T2 --block-size=1MiB -k disk

# There is no folder for temporary files; where strace works, nothing may be created anywhere.
watch=
if strace -f -o trace true 2>log; then
	watch='strace -f -e trace=open,openat,creat,mkdir,mkdirat,mknod,mknodat,symlink,link,rename -o trace'
else
	echo "skipped: strace does not work here"
fi
quietly() {	# STATUS WORD...
	want=$1
	shift
	ran="img2nfs $*"
	# shellcheck disable=SC2086 # words
	TMPDIR=/nonexistent $watch "$img2nfs" "$@" >out 2>err
	rc=$?
	[ "$rc" = "$want" ] || die "$ran: status $rc, want $want: $(cat err)"
	[ -z "$watch" ] || grep -q 'disk.xz' trace || die "strace saw nothing: $(head -n 3 trace)"
	# the spool is asked for before anybody knows that it is of no use
	if grep -v ' = -1 ENOENT' trace | grep -E 'O_CREAT|O_TMPFILE|O_WRONLY|O_RDWR|creat\(|mkdir|mknod|symlink|link|rename'; then
		die "$ran: something is created"
	fi
}

quietly 0 ls -v disk.xz:/etc
[ "$(cat out)" = motd ] || die "ls: $(cat out)"
ls=$(unpacked)
[ "$ls" -ge 1 ] && [ "$ls" -le 21 ] || die "ls unpacks $ls of 64 blocks"
for i in 1 4; do
	quietly 0 cat -v "disk.xz:/blob$i"
	cmp out "tree/blob$i" || die "blob$i differs"
	cat=$(unpacked)
	# 4 MB touch 5 blocks, and once more where the file is in two pieces
	[ "$cat" -ge 4 ] && [ "$cat" -le $((ls + 7)) ] || die "cat unpacks $cat of 64 blocks, ls $ls"
done
quietly 0 extract --quiet disk.xz null:
echo "ls $ls, cat $cat of 64"

# A bit of the block in the middle of blob4's data. A row of xz's list: number, stream, where it is packed, where unpacked.
at=$(debugfs -R 'blocks /blob4' disk 2>/dev/null | tr ' ' '\n' | sed -n 500p)
[ "$at" -gt 0 ] || die "debugfs says nothing of blob4"
off=$(xz --robot -lvv disk.xz | awk -v at=$((at * 4096)) '$1 == "block" && $6 <= at { off = $5 } END { print off }')
cp disk.xz bad.xz
byte=$(od -An -tu1 -j $((off + 5000)) -N 1 bad.xz)
# shellcheck disable=SC2059 # an octal escape
printf "\\$(printf %o $((byte ^ 16)))" | dd of=bad.xz bs=1 seek=$((off + 5000)) conv=notrunc status=none
run 0 cat bad.xz:/etc/motd
run 0 ls bad.xz:/
run 3 cat bad.xz:/blob4
grep -v '^  ' err | grep -q "^img2nfs: cannot read 'bad.xz': its block [0-9]* of 64, at $off, is damaged: LZMA_DATA_ERROR\$" ||
	die "cat: $(cat err)"
[ "$(grep -vc '^  ' err)" -eq 1 ] || die "more than one line: $(cat err)"
run 3 extract --quiet bad.xz null:
says "cannot read 'bad.xz': its block"
[ "$(grep -c 'is damaged' err)" -eq 1 ] || die "said more than once: $(cat err)"
head -c 5000000 disk.xz >cut.xz
run 3 ls cut.xz:/
says "cannot read 'cut.xz': it is cut short"
