#!/bin/sh
# The demo where no NFS server can be started, or nobody is root: a small image becomes a tar, twice the
# same, and what tar unpacks is what the image was made from.
set -u
top=$(cd "$(dirname "$0")/.." && pwd) || exit 1
O=${O:-$top/build}
WORK=$O/demo_tar
PATH=$PATH:/usr/sbin:/sbin
rm -rf "$WORK"
mkdir -p "$WORK/tree" && cd "$WORK" || exit 1
trap 'cd /; rm -rf "$WORK"' EXIT
show() {
	printf '$ %s\n' "$*"
	"$@"
}
echo "No NFS server can be started here (that needs root and nfs-ganesha): the tree goes into a tar."
cp -R "$top/src" "$top/README.md" tree && ln -s src/README.md tree/inside && ln tree/README.md tree/again || exit 1
truncate -s 64M disk.img && mke2fs -q -t ext4 -d tree disk.img || exit 1
PATH=$O:$PATH
show img2nfs list disk.img
show img2nfs extract disk.img rootfs.tar || exit 1
img2nfs extract --quiet disk.img - >again.tar || exit 1
show cmp rootfs.tar again.tar && echo "two runs, the same bytes" || exit 1
mkdir got && tar -xpf rootfs.tar -C got --exclude=./lost+found || exit 1
show diff -r tree got && echo "0 differences from the tree that the image was made from"
