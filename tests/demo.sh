#!/bin/sh
# One whole run to look at: a disk image of a real Debian, a throw-away NFS server on loopback, an
# extraction by an ordinary user, and the comparison with what the kernel sees in the image.
#
# `make demo` installs and builds first. As root, because the image is written by the kernel and the
# server needs root to keep owners; the program itself runs as nobody. Cleans up on every way out.
set -u
top=$(cd "$(dirname "$0")/.." && pwd) || exit 1
O=${O:-$top/build}
WORK=$O/demo
export top O WORK
if [ "$(id -u)" -ne 0 ] && command -v sudo >/dev/null 2>&1; then
	exec sudo O="$O" sh "$0"
fi
# Without a server to be had there is a tar to be looked at; it needs no root either.
if [ "$(id -u)" -ne 0 ] || ! command -v ganesha.nfsd >/dev/null 2>&1; then
	exec sh "$top/tests/demo_tar.sh"
fi
# What a demo before left behind when the machine went down in it.
umount "$WORK/mnt" 2>/dev/null
rm -rf "$WORK"
mkdir -p "$WORK"
chmod 755 "$WORK"
. "$top/tests/lib/test.sh"
. "$top/tests/lib/ganesha.sh"
PATH=$PATH:/usr/sbin:/sbin
at_exit 'cd /; rm -rf --one-file-system "$WORK"'

head1() {
	printf '\n\033[1m%s\033[0m\n' "$*"
}

# Show a command as one would type it, then run it.
show() {
	printf '$ %s\n' "$1"
	shift
	"$@"
}

[ -t 1 ] || head1() { printf '\n== %s\n' "$*"; }

head1 "1. A disk image of a real Debian"
start=$(date +%s)
img=$(O=$O sh "$top/tests/lib/debian_image.sh") || exit 1
img=$(for_nobody "$img") || exit 1
bin=$(for_nobody "$O/img2nfs") || exit 1
echo "made (or found from before) in $(($(date +%s) - start)) s: ${img#"$top"/}"
show "ls -l debian.img" ls -l "$img"
show "img2nfs list debian.img" as_nobody "$bin" list "$img"

head1 "2. An NFS server on loopback (nfs-ganesha, no rpcbind)"
mkdir "$WORK/export"
ganesha_start demo vfs "$WORK/export"
url=$(ganesha_url demo /rootfs/debian)
echo "exports ${WORK#"$top"/}/export as nfs://127.0.0.1/export, with no_root_squash and insecure"

head1 "3. Extract, as an ordinary user"
show "id" as_nobody id
start=$(date +%s)
show "img2nfs extract debian.img '$url' --allow-loss=symlink-times,caps,acl" \
	as_nobody "$bin" extract --allow-loss=symlink-times,caps,acl "$img" "$url"
rc=$?
echo "exit status $rc after $(($(date +%s) - start)) s"
[ $rc -eq 0 ] || exit 1

head1 "4. What arrived on the server"
cd "$WORK/export/rootfs/debian" || exit 1
show "ls -la" ls -la --time-style=full-iso
show "ls -l dev/console dev/null bin/su usr/bin/passwd usr/bin/perl usr/bin/perl5.36.0 etc/shadow" \
	ls -l dev/console dev/null bin/su usr/bin/passwd usr/bin/perl usr/bin/perl5.36.0 etc/shadow
show "find . | wc -l; du -sh ." sh -c 'find . | wc -l; du -sh .'

head1 "5. Compared with the kernel's own mount of the image, object by object"
mount_ro "$img" "$WORK/mnt" $((94208 * 512)) $((3528040 * 512))
"$O/tests/tools/dirdump" -S "$WORK/mnt" | sed 's/	data=[0-9]*//' >"$WORK/want" || exit 1
"$O/tests/tools/dirdump" -S . | sed 's/	data=[0-9]*//' >"$WORK/got" || exit 1
diff "$WORK/want" "$WORK/got" >"$WORK/diff"
n=$(grep -c '^[<>]' "$WORK/diff")
head -n 10 "$WORK/diff"
echo "type, mode, owner, rdev, size, mtime in ns, hard-link groups, symlink targets, contents of" \
	"$(wc -l <"$WORK/want") objects: $n differences"
echo "(left out: the times of symlinks, which nfs-ganesha cannot set; the program counted them above)"
cd /

head1 "6. Stop the server"
ganesha_stop demo
echo "stopped; the image stays for the next demo, the extracted tree is removed"
[ "$n" -eq 0 ]
