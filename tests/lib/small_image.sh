#!/bin/sh
# Prints the path of a small ext4 image (no partition table) with one of everything, written by the
# kernel.
#
#	img=$(sh tests/lib/small_image.sh [plain|loss|count])	$O = build folder
#
# plain  what NFSv3 can carry (fixtures/small_tree.py)
# loss   what it cannot: xattrs, ACLs, capabilities, chattr flags, times out of its range
# count  1000 each of small files, empty files, symlinks, devices and FIFOs, for counting requests
#
# Needs root and loop mounts; status 77 = cannot be made here. Rebuilt when its recipe has changed.
set -u
top=$(cd "$(dirname "$0")/../.." && pwd) || exit 1
O=${O:-$top/build}
PATH=$PATH:/usr/sbin:/sbin
kind=${1:-plain}
dir=$O/fixtures
img=$dir/$kind.img
mkdir -p "$dir" || exit 1
if [ "${2:-}" != --locked ]; then
	O=$O exec flock "$dir/lock.$kind" sh "$0" "$kind" --locked
fi
sum=$(cat "$0" "$top/fixtures/small_tree.py" | cksum)
if [ -e "$img" ] && [ "$sum" = "$(cat "$img.recipe" 2>/dev/null)" ]; then
	echo "$img"
	exit 0
fi

refuse() {
	echo "cannot make the image '$kind': $*" >&2
	exit 77
}

[ "$(id -u)" -eq 0 ] || refuse "it is written by the kernel through a loop mount, which needs root"
for c in mke2fs losetup python3 setfacl setcap; do
	command -v $c >/dev/null 2>&1 || refuse "$c is not installed (third_party/install.sh --test)"
done
losetup -f >/dev/null 2>&1 || refuse "no loop devices here"
mnt=$dir/$kind-mnt
trap 'rc=$?; umount "$mnt" 2>/dev/null; rmdir "$mnt" 2>/dev/null; exit $rc' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

count_tree() {
	for d in small empty symlink device fifo; do
		mkdir "$1/$d"
	done
	python3 - "$1" <<'EOP'
import os, stat, sys
for i in range(1000):
    with open("%s/small/%d" % (sys.argv[1], i), "wb") as f:
        f.write(b"%d\n" % i * (1 + i % 900))
    open("%s/empty/%d" % (sys.argv[1], i), "wb").close()
    os.symlink("target-%d" % i, "%s/symlink/%d" % (sys.argv[1], i))
    kind = stat.S_IFBLK if i % 2 else stat.S_IFCHR
    os.mknod("%s/device/%d" % (sys.argv[1], i), kind | 0o640, os.makedev(i % 256, i))
    os.mkfifo("%s/fifo/%d" % (sys.argv[1], i))
EOP
}

rm -f "$img" "$img.part"
truncate -s 96M "$img.part"
# Errors of mke2fs are shown; its advice is not.
mke2fs -q -F -t ext4 -b 4096 -I 256 -L "$kind" -E lazy_itable_init=0,lazy_journal_init=0 "$img.part" || exit 1
mkdir -p "$mnt"
mount -t ext4 -o loop,user_xattr,acl "$img.part" "$mnt" || refuse "the kernel does not mount it here"
case $kind in
plain) python3 "$top/fixtures/small_tree.py" "$mnt" || exit 1 ;;
loss) python3 "$top/fixtures/small_tree.py" --loss "$mnt" || exit 1 ;;
count) count_tree "$mnt" || exit 1 ;;
*) echo "small_image.sh: unknown kind $kind" >&2; exit 2 ;;
esac
umount "$mnt" || exit 1
chmod 644 "$img.part"
mv "$img.part" "$img"
echo "$sum" >"$img.recipe"
echo "$img"
