# All packages have the version of the Makefile and its licence, and name the libraries of third_party/packages; Debian's
# three packages take every file that `make install` leaves.
. "$top/tests/lib/test.sh"
. "$top/tests/lib/package.sh"
cd "$WORK" || exit 1
version=$(sed -n 's/^VERSION = //p' "$top/Makefile")
[ -n "$version" ] || die "no version in the Makefile"

# has_version FILE PATTERN: of its line, which has a sign @ where the version is
has_version() {
	grep -qxF -e "$(echo "$2" | sed "s/@/$version/")" "$packaging/$1" || die "$1 is not of version $version"
}
has_version APKBUILD 'pkgver=@'
has_version img2nfs.rb '  url "https://example.org/img2nfs/img2nfs-@.tar.gz"'
has_version freebsd/Makefile 'DISTVERSION=	@'
sed -n 1p "$packaging/debian/changelog" | grep -qF "($version-" || die "debian/changelog is not of version $version"
for f in APKBUILD:'license="MIT"' img2nfs.rb:'license "MIT"' freebsd/Makefile:'LICENSE=	MIT' debian/copyright:'License: Expat'; do
	grep -qF -e "${f#*:}" "$packaging/${f%%:*}" || die "${f%%:*}: no licence"
done

# Alpine's name of a pkg-config module.
alpine() {
	case $1 in
	ext2fs | com_err) echo e2fsprogs-dev ;;
	fdisk) echo util-linux-dev ;;
	liblzma) echo xz-dev ;;
	libxxhash) echo xxhash-dev ;;
	libzstd) echo zstd-dev ;;
	*) echo "$1-dev" ;;
	esac
}
words() {
	tr -c 'A-Za-z0-9_.+-' '\n' <"$packaging/$1"
}
# names FILE WORD
names() {
	words "$1" | grep -qxF -e "$2" || die "$1 does not name $2"
}
grep '^build	mod:' "$top/third_party/packages" >libraries
[ "$(wc -l <libraries)" -ge 10 ] || die "no libraries in third_party/packages"
while IFS='	' read -r _ probe apt brew pkg; do
	names debian/control "$apt"
	[ "$(words debian/control | grep -cxF -e "$apt")" -eq 2 ] || die "debian/control: $apt is not for libimg2nfs-dev, too"
	names APKBUILD "$(alpine "${probe#mod:}")"
	# "." is what only Linux has
	case $brew in -) ;; .) names img2nfs.rb libseccomp ;; *) names img2nfs.rb "$brew" ;; esac
	case $pkg in - | .) ;; *) names freebsd/Makefile "$pkg" ;; esac
	names ../README.md "${probe#mod:}"
done <libraries
# and no library that the Makefile does not use
for l in $(sed -n 's/^  depends_on "\([^"]*\)"$/\1/p' "$packaging/img2nfs.rb"); do
	cut -f 4 libraries | grep -qxF -e "$l" || die "img2nfs.rb: $l is not needed"
done

as_installed | sed -e 's:^:usr/:' -e 's:^usr/lib/:usr/lib/ARCH/:' >installed
while read -r f; do
	n=0
	for list in "$packaging"/debian/*.install; do
		while read -r pattern; do
			# shellcheck disable=SC2254 # a pattern
			case $f in $pattern | $pattern/*) n=$((n + 1)) ;; esac
		done <"$list"
	done
	[ $n -eq 1 ] || die "$n of Debian's packages have $f"
done <installed
