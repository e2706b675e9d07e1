# The APKBUILD, its functions run as abuild runs them: it builds with the shared library and installs what `make install`
# does, and abuild's usual subpackages take each of these files, one each.
. "$top/tests/lib/test.sh"
. "$top/tests/lib/package.sh"
apkbuild=$packaging/APKBUILD
sh -n "$apkbuild" || die "not for a shell"
package_tree "$WORK/src"

# in_abuild WORD...: in the sources, with what abuild sets and a shell that stops at the first failure
in_abuild() {
	(cd "$WORK/src" && env pkgdir="$WORK/pkg" srcdir="$WORK/src" sh -e -c '. "$0"; "$@"' "$apkbuild" "$@") >"$WORK/log" 2>&1 ||
		die "$*: $(tail -n 20 "$WORK/log")"
}
in_abuild build
in_abuild package
names_below "$WORK/pkg/usr" >"$WORK/names"
same_files "$WORK/names"
ldd "$WORK/pkg/usr/bin/img2nfs" | grep -q 'libimg2nfs\.so\.0' || die "the program does not use the shared library"
# check() takes minutes: what it asks for is there
in_abuild eval 'make() { echo "make $*"; }; sh() { echo "sh $*"; }; check'
grep -q '^make units tools ' "$WORK/log" && grep -qx 'sh tests/run unit/' "$WORK/log" || die "check(): $(cat "$WORK/log")"

# default_dev() and its like, of abuild 3.14: a name is taken by the first of them, the rest is the program's package.
while read -r f; do
	case $f in
	share/man/*) of=doc ;;
	include/* | lib/*.a | lib/*.so | lib/pkgconfig/*) of=dev ;;
	lib/lib*.so.*) of=libs ;;
	share/bash-completion/*) of=bash-completion ;;
	share/zsh/site-functions/*) of=zsh-completion ;;
	share/fish/vendor_completions.d/*) of=fish-completion ;;
	bin/* | share/img2nfs/*) of='' ;;
	*) die "no package takes $f" ;;
	esac
	echo "img2nfs${of:+-$of}"
done <"$WORK/names" | sort -u >"$WORK/of"
in_abuild eval 'printf "%s\n" $pkgname $subpackages'
sort "$WORK/log" | diff "$WORK/of" - || die "packages that get files (<) and those that are declared (>) differ"
