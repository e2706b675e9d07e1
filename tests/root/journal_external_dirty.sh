# A journal on a device of its own that still holds transactions: with --journal-device the tree is the one that the
# kernel shows after its own replay, without it the image is refused, and neither file is changed.
. "$top/tests/lib/test.sh"
need_loop
cd "$WORK" || exit 1
mkdir live truth
truncate -s 32M fs
truncate -s 8M log
mke2fs -q -F -b 4096 -O journal_dev log || die "cannot make a journal device"
dev=$(losetup -f --show log) || skip "no loop device"
at_exit "losetup -d $dev"
mke2fs -q -F -t ext4 -b 4096 -J device="$dev" fs || die "cannot make a file system with that journal"
mount -t ext4 -o "loop,commit=300,journal_path=$dev" fs live || skip "the kernel does not mount it"
at_exit "mountpoint -q '$WORK/live' && umount '$WORK/live'"
echo old >live/file
mkdir live/gone
sync -f live
echo new >live/file
rmdir live/gone
mkdir live/dir
i=0
while [ $i -lt 60 ]; do
	echo $i >live/dir/$i
	i=$((i + 1))
done
ln live/file live/dir/link
# fsync commits the journal and leaves the blocks themselves where they are
dd if=/dev/zero of=live/synced bs=4k count=3 conv=fsync 2>/dev/null
cp fs fs.dirty
cp log log.dirty
umount live
sum=$(cat fs.dirty log.dirty | sha256sum)
dumpe2fs -h fs.dirty 2>/dev/null | grep -q needs_recovery || skip "the copy needs no recovery"

rc=0
"$O/img2nfs" ls -R fs.dirty >out 2>err || rc=$?
[ $rc -eq 3 ] && grep -q -e --journal-device err || die "without its journal: status $rc, $(cat err)"
"$O/tests/tools/treedump" -i fs.dirty >ignored || die "cannot ignore the journal"
"$O/tests/tools/treedump" -j log.dirty fs.dirty >ours || die "cannot replay"
"$O/img2nfs" ls -R --journal-device=log.dirty fs.dirty >out || die "ls fails"
[ "$sum" = "$(cat fs.dirty log.dirty | sha256sum)" ] || die "an image changed"
cmp -s ours ignored && die "the journal makes no difference: nothing is tested"

# The kernel replays copies of both.
cp fs.dirty fs.kernel
cp log.dirty log.kernel
kdev=$(losetup -f --show log.kernel)
at_exit "losetup -d $kdev"
mount -t ext4 -o "loop,noatime,journal_path=$kdev" fs.kernel truth || die "the kernel does not mount the copy"
at_exit "umount '$WORK/truth'"
"$O/tests/tools/dirdump" truth >theirs || die "cannot dump the mount"
diff theirs ours >diff || die "differences from the kernel: $(head -n 20 diff)"
grep -q 'dir/59' ours || die "the last transaction is missing"
