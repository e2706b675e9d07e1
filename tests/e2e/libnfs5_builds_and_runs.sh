# Builds against Debian 13's libnfs 5.0.2 and runs the unit tests and one extraction with it.
#
# The package is fetched into the work folder; nothing on the machine changes. Its static library is
# linked, because the shared one wants a newer C library than Debian 12 has: of that only
# __isoc23_strtol, which a shim stands in for.
. "$top/tests/lib/test.sh"
need apt-get dpkg-deb cc pkg-config
case $(pkg-config --modversion libnfs) in
5.*) skip "the installed libnfs is 5 already" ;;
esac
[ "$(dpkg --print-architecture)" = amd64 ] || skip "only tried on amd64"
mirror=$(apt-get indextargets --format '$(REPO_URI) $(CODENAME)' 'Created-By: Packages' 2>/dev/null |
	awk '$2 == "bookworm" || $2 == "trixie" { print $1; exit }')
[ -n "$mirror" ] || skip "no Debian mirror is set up in apt"
keys=/usr/share/keyrings/debian-archive-keyring.gpg
[ -e $keys ] || skip "no $keys"

apt=$WORK/apt
mkdir -p "$apt/etc/preferences.d" "$apt/etc/apt.conf.d" "$apt/state/lists/partial" "$apt/cache/archives/partial"
echo "deb [signed-by=$keys] $mirror trixie main" >"$apt/etc/sources.list"
own_apt() {
	apt-get -q -o Dir::Etc::sourcelist="$apt/etc/sources.list" -o Dir::Etc::sourceparts=/dev/null \
		-o Dir::Etc::preferencesparts="$apt/etc/preferences.d" -o Dir::Etc::preferences=/dev/null \
		-o Dir::State="$apt/state" -o Dir::State::status=/dev/null -o Dir::Cache="$apt/cache" \
		-o APT::Sandbox::User=root -o Acquire::http::Timeout=20 -o Acquire::Retries=1 "$@"
}
own_apt update >"$apt/log" 2>&1 || skip "cannot fetch Debian 13's package lists"
(cd "$apt" && own_apt download libnfs-dev >>log 2>&1) || skip "cannot fetch Debian 13's libnfs-dev"
dpkg-deb -x "$apt"/libnfs-dev_*.deb "$apt/x" || die "cannot unpack"

cat >"$apt/shim.c" <<'EOT'
#include <stdlib.h>
long __isoc23_strtol(const char *s, char **end, int base);
long __isoc23_strtol(const char *s, char **end, int base)
{
	return strtol(s, end, base);
}
EOT
cc -c -o "$apt/shim.o" "$apt/shim.c" || die "cannot compile the shim"
version=$(sed -n 's/^Version: *//p' "$apt"/x/usr/lib/*/pkgconfig/libnfs.pc)
mkdir "$apt/pc"
cat >"$apt/pc/libnfs.pc" <<EOT
Name: libnfs
Description: $version of Debian 13, static
Version: $version
Cflags: -I$apt/x/usr/include
Libs: $(echo "$apt"/x/usr/lib/*/libnfs.a) $apt/shim.o -lpthread
EOT
case $version in
5.*) ;;
*) die "fetched libnfs is $version, want 5" ;;
esac

PKG_CONFIG_PATH=$apt/pc
export PKG_CONFIG_PATH
# quickly: what the optimizer makes of it is not the question
make -s -j2 -C "$top" O="$WORK/build" OPT='-O0 -g0' WERROR=1 all units tools || die "does not build against libnfs $version"
if readelf -d "$WORK/build/img2nfs" | grep -q 'NEEDED.*libnfs'; then
	die "the program uses the installed libnfs"
fi
# The fixtures are the same; do not make them again.
ln -s "$O/fixtures" "$WORK/build/fixtures"
for part in unit/ e2e/small_tree_arrives; do
	(cd "$top" && O=$WORK/build sh tests/run "$part") >"$WORK/run.log" 2>&1 || {
		cat "$WORK/run.log"
		die "$part fails with libnfs $version"
	}
	echo "libnfs $version: $part: $(tail -n 1 "$WORK/run.log")"
done
