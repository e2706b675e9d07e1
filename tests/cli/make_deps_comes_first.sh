# `make deps all` on a machine where nothing is installed yet: what `deps` brings is seen by the rest of the same command.
# In a tree of its own, where install.sh only lets pkg-config find what is here already.
. "$top/tests/lib/test.sh"
need make pkg-config
cd "$WORK" || exit 1
cp "$top/Makefile" . && cp -R "$top/src" "$top/include" . && mkdir third_party || exit 1
echo 'echo here >installed' >third_party/install.sh
printf '#!/bin/sh\n[ -e "%s/installed" ] && exec pkg-config "$@"\nexit 1\n' "$WORK" >late
chmod +x late
unset MAKEFLAGS MAKELEVEL MFLAGS
want=$(pkg-config --libs-only-l libnfs)
make -s PKG_CONFIG="$WORK/late" O=none deps-here none/flags >log 2>&1 && die "the trial is none: $(cat log)"
make -s PKG_CONFIG="$WORK/late" O=b deps deps-here b/flags >log 2>&1 || die "$(cat log)"
! grep 'building without' log || die "a library was looked for too early"
grep -qF -e "$want" b/flags || die "flags: $(cat b/flags)"
