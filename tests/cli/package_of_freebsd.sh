# The FreeBSD port, run by its own kind of make with a stand-in for the ports' rules (tests/lib/ports): it builds, and stages
# what its list of files says, which is what `make install` leaves.
. "$top/tests/lib/test.sh"
. "$top/tests/lib/package.sh"
need bmake
package_tree "$WORK/src"
cp -R "$packaging/freebsd" "$WORK/port"
stage=$WORK/stage
cd "$WORK/port" || exit 1
env -u MAKEFLAGS -u MAKELEVEL bmake -m "$top/tests/lib/ports" stage WRKSRC="$WORK/src" STAGEDIR="$stage" >"$WORK/log" 2>&1 ||
	die "$(tail -n 20 "$WORK/log")"
sed 's:^%%DATADIR%%:share/img2nfs:' "$stage.plist" | LC_ALL=C sort >"$WORK/plist"
names_below "$stage/usr/local" | diff "$WORK/plist" - || die "pkg-plist (<) and what is staged (>) differ"
sed -e 's:^libdata/:lib/:' -e 's/\.gz$//' "$WORK/plist" >"$WORK/names"
same_files "$WORK/names"
gzip -dc "$stage/usr/local/share/man/man1/img2nfs.1.gz" | cmp - "$top/src/cli/img2nfs.1" || die "the manual"
LD_LIBRARY_PATH=$stage/usr/local/lib "$stage/usr/local/bin/img2nfs" --version >/dev/null || die "does not run"
