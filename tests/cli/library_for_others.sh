# What `make install` leaves is enough for others: the example of libimg2nfs.h builds against it and tells the truth about an
# image, the library shows what its headers declare and nothing else, and the program needs nothing more of it.
. "$top/tests/lib/test.sh"
need mke2fs sfdisk cc sum
root=$O/installed
[ -e "$root/usr/lib/pkgconfig/libimg2nfs.pc" ] || skip "not installed into $root (make check does that)"
cd "$WORK" || exit 1
pkg=${PKG_CONFIG:-pkg-config}
export PKG_CONFIG_PATH="$root/usr/lib/pkgconfig"

# The example, with nothing but what is installed. The .pc file names /usr, which is below $root here.
cp "$top/tests/example/treesum.c" .
flags=$($pkg --cflags --libs libimg2nfs) || die "pkg-config does not know libimg2nfs"
case " $flags " in *" -limg2nfs "*) ;; *) die "libimg2nfs.pc says: $flags" ;; esac
cc -std=c11 -Wall -Wextra -Werror -I"$root/usr/include" treesum.c -L"$root/usr/lib" -limg2nfs -o treesum ||
	die "the example does not build"

mkdir -p tree/dir/empty
cp "$top"/include/img2nfs/*.h tree/dir/
ln -s dir/node.h tree/link
ln tree/dir/err.h tree/dir/err2.h
: >tree/nothing
truncate -s 300000 tree/hole
printf data | dd of=tree/hole bs=1 seek=100000 conv=notrunc 2>/dev/null
chmod 4755 tree/nothing
truncate -s 40M disk.img
printf 'label: dos\nstart=2048, size=8192, type=c\nstart=10240, type=83\n' | sfdisk -q disk.img || die "sfdisk failed"
mke2fs -q -F -t ext4 -d tree -E offset=$((10240 * 512)) disk.img 34816k || die "mke2fs failed"

LD_LIBRARY_PATH=$root/usr/lib ./treesum disk.img >got.raw 2>err || die "the example fails: $(cat err)"
grep -q '^partition 2: ext4$' err || die "the example says: $(cat err)"
# a further name of a file is one object with the same content
(cd tree && find . -mindepth 1 | sed 's:^\./::' | while IFS= read -r p; do
	size=0 sum=00000
	if [ -f "$p" ] && [ ! -L "$p" ]; then
		size=$(stat -c %s "$p")
		sum=$(sum -r <"$p" | cut -d ' ' -f 1)
		[ "$size" -gt 0 ] || sum=00000
	fi
	printf '%06o %s %s %s %s\n' "0x$(stat -c %f "$p")" "$(stat -c %u:%g "$p")" "$size" "$sum" "$p"
done) | sort >want
# lost+found is mke2fs'; the root has no line in want
grep -v -e ' lost+found$' -e ' \.$' got.raw | sort >got
# of two names one is a link, which the example prints without its content
sed -i 's/^\([0-9]* [0-9:]*\) [0-9]* [0-9]* \(dir\/err2*\.h\)$/\1 - - \2/' want got
sort -o want want
sort -o got got
diff want got || die "the example prints otherwise than the tree it was made of"

# What it shows is what is declared.
cat "$root"/usr/include/img2nfs/*.h | grep -o '\bi2n_[a-z0-9_]*(' | tr -d '(' | sort -u >declared
nm -D --defined-only "$root/usr/lib/libimg2nfs.so" | sed -n 's/.* [TDRBV] \(.*\)@@IMG2NFS_0$/\1/p' | sort >shown
[ "$(wc -l <shown)" -gt 50 ] || die "no versioned symbols"
comm -13 declared shown >more
[ ! -s more ] || die "shown, and in no header: $(tr '\n' ' ' <more)"
nm -D --defined-only "$root/usr/lib/libimg2nfs.so" | grep -v -e '@@IMG2NFS_0$' -e ' A IMG2NFS_0' &&
	die "symbols without a version"

# The program over the shared library: cli and private helpers of base, nothing else.
cc -pthread -o program "$O/src/cli/main.o" "$O/cli.a" -L"$root/usr/lib" -limg2nfs "$O/base.a" ||
	die "the program needs what the library does not show"
LD_LIBRARY_PATH=$root/usr/lib ./program ls disk.img:/dir | grep -q node.h || die "the program over the shared library fails"
