# Images that are made to do harm, or are only odd, with --netboot: a link out of the tree, links in circles, 1 GiB of fstab,
# bytes that a terminal would act on, a loop among directories of links. Nothing outside is read or written, nothing hangs,
# and the message says what is wrong and how to go on.
. "$top/tests/lib/test.sh"
. "$top/tests/lib/netboot_expect.sh"
img2nfs=$O/img2nfs
command -v mke2fs >/dev/null || skip "mke2fs is missing"
cd "$WORK" || exit 1
printf 'UUID=1 / ext4 defaults 0 1\n' >outside

# run NAME: an image of tree; its diffs in out, messages in err, the status in rc
run() {
	netboot_image tree x.img
	rm -rf tree
	"$img2nfs" extract --netboot --dry-run x.img null: >out 2>err
	rc=$?
}
fresh() {
	rm -rf tree
	mkdir -p tree/etc
	printf 'ID=debian\n' >tree/etc/os-release
}
refused() {
	[ $rc -eq 3 ] || die "status $rc: $(cat err)"
	grep -qF "$1" err || die "no '$1' in: $(cat err)"
	grep -q 'no-edit fstab goes on without this edit' err || die "no way out: $(cat err)"
	"$img2nfs" extract --netboot --no-edit fstab --dry-run x.img null: >/dev/null 2>err || die "$(cat err)"
}

fresh
ln -s "../../../../../../../../../..$WORK/outside" tree/etc/fstab
run
[ $rc -eq 0 ] && [ ! -s out ] || die "a link out of the tree leads somewhere: $(cat out err)"
[ "$(cat outside)" = 'UUID=1 / ext4 defaults 0 1' ] || die "a file outside was changed"

fresh
mkdir -p "tree$WORK"
cp outside "tree$WORK/outside"
ln -s "../../../../../../../../../..$WORK/outside" tree/etc/fstab
run
[ $rc -eq 0 ] || die "status $rc: $(cat err)"
grep -qxF -- "+++ b$WORK/outside" out || die "a link does not lead to the file of the tree: $(cat out)"

fresh
ln -s fstab tree/etc/fstab
run
refused "cannot edit 'etc/fstab': too many levels of symbolic links"

fresh
truncate -s 1G tree/etc/fstab
run
refused "cannot edit 'etc/fstab': it has 1073741824 bytes, more than an edit takes"

fresh
mkfifo tree/etc/fstab
run
refused "cannot edit 'etc/fstab': it is no regular file"

fresh
printf 'UUID=1 / ext4 \033[2J\302\233x\377 0 1\n' >tree/etc/fstab
run
[ $rc -eq 0 ] || die "status $rc: $(cat err)"
LC_ALL=C grep -q '[^ -~	]' out && die "the terminal would act on this: $(cat -v out)"
grep -qF 'ext4 \x1b[2J\xc2\x9bx\xff 0 1' out || die "the bytes are not escaped: $(cat -v out)"

# where a folder should be, a file, and the other way round
fresh
printf 'UUID=1 / ext4\n' >tree/etc/fstab
mkdir -p tree/etc/initramfs-tools/conf.d/a tree/usr/sbin tree/etc/systemd/system/dphys-swapfile.service
printf 'MODULES=dep\n' >tree/etc/initramfs-tools/initramfs.conf
printf x >tree/etc/rpi
run
[ $rc -eq 3 ] || die "status $rc: $(cat err)"
grep -qF "cannot edit 'etc/systemd/system/dphys-swapfile.service': it is a directory" err || die "$(cat err)"
grep -q 'no-edit swap goes on' err || die "$(cat err)"
