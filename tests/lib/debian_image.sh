#!/bin/sh
# Prints the path of a disk image of a real Debian 12, in the shape of the original recipe; makes it
# if it is not there.
#
#	img=$(sh tests/lib/debian_image.sh)	$O = build folder (default build)
#
# 1854590976 bytes, DOS label; p1 FAT32 at sector 8192 (85622 sectors), p2 ext4 at 94208 (3528040
# sectors), written by the kernel through a loop mount, as real images are. Needs root. The
# debootstrapped tree is kept as a tar beside the image: changing the shape does not fetch anything
# again. Messages go to stderr; status 77 = cannot be made here.
set -u
top=$(cd "$(dirname "$0")/../.." && pwd) || exit 1
O=${O:-$top/build}
PATH=$PATH:/usr/sbin:/sbin
suite=bookworm
# Besides the minimal system: a kernel with its modules, an init, a login from outside, things that
# make files of many kinds (setuid programs, a file capability, setgid folders, manual pages,
# locales).
packages=linux-image-amd64,initramfs-tools,systemd,systemd-sysv,udev,dbus,kmod,openssh-server,sudo,man-db,locales
packages=$packages,iproute2,iputils-ping,vim-tiny,less,cron,logrotate
dir=$O/fixtures
img=$dir/debian.img
tar=$dir/debian-tree.tar
# A changed recipe makes a new tree.
recipe=$suite:$packages

. "$top/tests/lib/bootstrap.sh"

mkdir -p "$dir" || exit 1
# Two tests may want it at the same time.
if [ "${1:-}" != --locked ]; then
	O=$O exec flock "$dir/lock" sh "$0" --locked
fi
if [ -e "$img" ] && [ "$(cat "$dir/debian.recipe" 2>/dev/null)" = "$recipe" ]; then
	echo "$img"
	exit 0
fi
[ "$(id -u)" -eq 0 ] || refuse "it is written by the kernel through a loop mount, which needs root"
for c in debootstrap mkfs.vfat mke2fs sfdisk losetup; do
	command -v $c >/dev/null 2>&1 || refuse "$c is not installed (third_party/install.sh --test)"
done
losetup -f >/dev/null 2>&1 || refuse "no loop devices here"

# A chroot to work in; not below a folder that ordinary users cannot enter, and not on a file system
# without devices.
tree=$dir/debian-tree
mnt=$dir/debian-mnt
bootstrap_cleanup

if [ ! -e "$tar" ] || [ "$(cat "$dir/debian.recipe" 2>/dev/null)" != "$recipe" ]; then
	rm -rf "$tree" "$tar" "$img"
	bootstrap "$tree" $suite $packages "$dir/debootstrap.log"
	echo debian >"$tree/etc/hostname"
	printf 'nameserver 127.0.0.1\n' >"$tree/etc/resolv.conf"
	printf '%s\n' 'LABEL=rootfs / ext4 defaults,noatime 0 1' 'LABEL=BOOT /boot/firmware vfat defaults 0 2' \
		>"$tree/etc/fstab"
	tar -C "$tree" --numeric-owner --xattrs --xattrs-include='*' --acls -cf "$tar.part" . || exit 1
	mv "$tar.part" "$tar"
	rm -rf "$tree"
fi

rm -f "$img" "$img.part"
truncate -s 1854590976 "$img.part"
sfdisk -q "$img.part" <<EOT || exit 1
label: dos
label-id: 0x1c3a5e7f
8192,85622,c
94208,3528040,83
EOT
mkfs.vfat -F 32 -s 1 -n BOOT --offset 8192 "$img.part" $((85622 / 2)) >"$dir/mkfs.vfat.log" 2>&1 || exit 1
mke2fs -q -F -t ext4 -L rootfs -E offset=$((94208 * 512)),lazy_itable_init=0,lazy_journal_init=0 "$img.part" \
	$((3528040 / 2))k || exit 1
mkdir -p "$mnt"
mount -t ext4 -o "loop,offset=$((94208 * 512)),sizelimit=$((3528040 * 512))" "$img.part" "$mnt" ||
	refuse "the kernel does not mount it here"
tar -C "$mnt" --numeric-owner --xattrs --xattrs-include='*' --acls -xpf "$tar" || exit 1
say "image: $(find "$mnt" -xdev | wc -l) objects, $(du -sm "$mnt" | cut -f 1) MB"
umount "$mnt" || exit 1
chmod 644 "$img.part"
mv "$img.part" "$img"
echo "$recipe" >"$dir/debian.recipe"
echo "$img"
