# package.sh - for tests of third_party/packaging: a copy of this tree that is built already. Source test.sh first.
#
#	package_tree DIR	the sources as a release has them, in DIR; $O is a copy of what was built, $built the former one
#	as_installed		what `make install` leaves below /usr, as names, one a line
#	same_files FILE		says where the names in FILE differ from that
#	packaging=FOLDER

packaging=$top/third_party/packaging
built=$O
umask 022

package_tree() {
	mkdir -p "$1" "$WORK/o"
	cp -Rp "$top/Makefile" "$top/LICENSE" "$top/src" "$top/include" "$1/" || exit 1
	for pk_f in src img2nfs cli.a libimg2nfs.a libimg2nfs.so.0 base.a flags; do
		[ ! -e "$built/$pk_f" ] || cp -Rp "$built/$pk_f" "$WORK/o/" || exit 1
	done
	# what it was built with goes for this one, too
	O=$WORK/o
	export O
	! grep -q -e -Werror "$O/flags" || export WERROR=1
}

as_installed() {
	[ -e "$built/installed/usr/bin/img2nfs" ] || skip "not installed into $built/installed (make check does that)"
	names_below "$built/installed/usr"
}
names_below() {
	(cd "$1" && find . -type f -o -type l) | sed 's:^\./::' | LC_ALL=C sort
}
same_files() {
	as_installed >"$WORK/installed"
	[ "$(wc -l <"$WORK/installed")" -gt 40 ] || die "nothing is installed"
	LC_ALL=C sort "$1" | diff "$WORK/installed" - || die "make install (<) and the package (>) have other files"
}
