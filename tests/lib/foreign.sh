# foreign.sh - build for another processor, and run tests of that build under qemu-user. Source test.sh first.
#
#	run_foreign ARCHITECTURE TRIPLET QEMU		skips the test where a tool or a package cannot be had
#
# The program becomes a script that starts qemu, so that the tests that run it need not know; the tools
# of the tests are this machine's.

run_foreign() {
	arch=$1 triplet=$2 qemu=$3 root=$O/fixtures/root-$1 b=$WORK/build
	need "$triplet-gcc" "$qemu"
	(
		flock 9
		[ -d "$root" ] || (cd "$top" && sh fixtures/recipes/foreign_root.sh "$arch" "$root") >"$WORK/root.log" 2>&1
	) 9>"$root.lock" || skip "$(tail -n 1 "$WORK/root.log")"
	mkdir -p "$b/tests"
	PKG_CONFIG_SYSROOT_DIR=$root PKG_CONFIG_LIBDIR=$root/usr/lib/$triplet/pkgconfig:$root/usr/share/pkgconfig \
		make -s -C "$top" -j2 O="$b" CC="$triplet-gcc --sysroot=$root" AR="$triplet-ar" WERROR=1 all units \
		>"$WORK/make.log" 2>&1 || {
		grep -v '^  CC' "$WORK/make.log" >&2
		die "does not build for $arch"
	}
	ln -s "$O/tests/tools" "$b/tests/tools"
	ln -s "$O/fixtures" "$b/fixtures"
	mv "$b/img2nfs" "$b/img2nfs.$arch"
	printf '#!/bin/sh\nexec %s -L "%s" "%s" "$@"\n' "$qemu" "$root" "$b/img2nfs.$arch" >"$b/img2nfs"
	chmod +x "$b/img2nfs"
	# not all of cli/: an emulated process takes a tenth of a second to start
	QEMU_LD_PREFIX=$root EMULATOR=$qemu O=$b sh "$top/tests/run" unit/ e2e/small_tree e2e/losses cli/ls cli/stat \
		cli/list_ cli/cat cli/manifest || die "tests fail on $arch"
}
