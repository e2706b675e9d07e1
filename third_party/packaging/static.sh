#!/bin/sh
# Link the program with no shared library: sh third_party/packaging/static.sh OUT   (make static; Debian)
#
# Debian has static archives of all our libraries but libfdisk, which is built here from Debian's source package of
# util-linux. glibc's resolver wants its shared parts of the same version where a server is given by name; an address
# needs none.
set -eu
out=${1:?usage: static.sh OUT}
cd "$(dirname "$0")/../.."
case $out in /*) ;; *) out=$PWD/$out ;; esac
O=${O:-build}
CC=${CC:-cc}
case $O in /*) ;; *) O=$PWD/$O ;; esac
work=$O/static
mkdir -p "$work"
if [ ! -e "$work/libfdisk.a" ]; then
	sh fixtures/recipes/debian_source.sh util-linux "$work"
	(cd "$work"/util-linux-*/ && ./configure --disable-all-programs --enable-libfdisk --enable-libblkid \
		--enable-libuuid --disable-shared --enable-static --disable-nls && make -j2 libfdisk.la) \
		>"$work/libfdisk.log" 2>&1 || { tail -n 5 "$work/libfdisk.log" >&2; exit 1; }
	cp "$work"/util-linux-*/.libs/libfdisk.a "$work"/util-linux-*/.libs/libblkid.a \
		"$work"/util-linux-*/.libs/libuuid.a "$work/"
fi
seccomp=''
pkg-config --exists libseccomp && seccomp=libseccomp
# shellcheck disable=SC2046,SC2086 # words wanted
$CC -static -pthread -o "$out" "$O/src/cli/main.o" "$O/cli.a" "$O/libimg2nfs.a" -L"$work" \
	$(pkg-config --static --libs ext2fs com_err libnfs libxxhash libarchive liblzma libzstd zlib nettle $seccomp) \
	-lfdisk -lblkid -luuid 2>"$work/link.log" || { cat "$work/link.log" >&2; exit 1; }
strip "$out"
ls -l "$out"
