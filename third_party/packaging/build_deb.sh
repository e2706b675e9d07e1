#!/bin/sh
# Make Debian packages of this tree: sh third_party/packaging/build_deb.sh OUT   (make deb)
#
# OUT gets the source package and the binary packages, built by dpkg-buildpackage; lintian judges them.
set -eu
out=${1:?usage: build_deb.sh OUT}
cd "$(dirname "$0")/../.."
top=$PWD
case $out in /*) ;; *) out=$top/$out ;; esac
for c in dpkg-buildpackage dh lintian; do
	command -v $c >/dev/null || { echo "$c is missing: apt install dpkg-dev debhelper lintian" >&2; exit 77; }
done
version=$(sed -n 's/^VERSION = //p' Makefile)
src=$out/img2nfs-$version
rm -rf "$out"
mkdir -p "$src"
git ls-files | tar -cf - -T - | tar -xf - -C "$src"
# A release's archive is the same whoever packs it.
tar -C "$out" --sort=name --owner=0 --group=0 --numeric-owner --mtime="@$(git log -1 --format=%ct)" \
	-czf "$out/img2nfs_$version.orig.tar.gz" "img2nfs-$version"
cp -R third_party/packaging/debian "$src/debian"
cd "$src"
# CI would turn warnings into errors, and other compilers have others
env -u CI dpkg-buildpackage -us -uc "-j${J:-2}" >"$out/log" 2>&1 || { tail -n 40 "$out/log" >&2; exit 1; }
cd "$out"
lintian --fail-on error,warning --suppress-tags bogus-mail-host,initial-upload-closes-no-bugs ./*.changes
ls ./*.deb ./*.dsc
