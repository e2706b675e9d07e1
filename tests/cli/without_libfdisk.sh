# Without libfdisk everything but partition tables works: --offset finds the file system, and a table is refused with that
# advice.
. "$top/tests/lib/test.sh"
need cc mke2fs sfdisk
cd "$WORK" || exit 1
cc -std=c11 -D_FILE_OFFSET_BITS=64 -I"$top/include" -I"$top/src/base" -c "$top/src/ptable/without_fdisk.c" ||
	die "does not compile"
pkgs='ext2fs com_err libnfs libxxhash'
"$O/img2nfs" --version | grep -q 'no compressed images' || pkgs="$pkgs libarchive liblzma libzstd zlib nettle"
"$O/img2nfs" --version | grep -q libseccomp && pkgs="$pkgs libseccomp"
# what stands in comes first, so nothing of libfdisk is asked for
# shellcheck disable=SC2046,SC2086 # words wanted
cc -pthread -o img2nfs "$O/src/cli/main.o" without_fdisk.o "$O/cli.a" "$O/libimg2nfs.a" \
	$(${PKG_CONFIG:-pkg-config} --libs $pkgs) || die "something else needs libfdisk"
./img2nfs --version | grep -qx 'no partition tables' || die "--version does not say it"

mkdir tree && echo content >tree/file
truncate -s 20M disk.img
printf 'label: dos\nstart=2048, size=8192, type=c\nstart=10240, type=83\n' | sfdisk -q disk.img || die "sfdisk failed"
mke2fs -q -F -t ext4 -d tree -E offset=$((10240 * 512)) disk.img 14m || die "mke2fs failed"
[ "$(./img2nfs cat --offset=$((10240 * 512)) disk.img:/file)" = content ] || die "--offset does not work"
./img2nfs list disk.img 2>err
rc=$?
[ $rc -eq 2 ] || die "list ends with $rc"
grep -q 'built without libfdisk' err && grep -q -e '--offset' err || die "list says: $(cat err)"
# no table, nothing to refuse
dd if=disk.img of=bare.img bs=512 skip=10240 2>/dev/null
[ "$(./img2nfs cat bare.img:/file)" = content ] || die "a bare file system is not read"
