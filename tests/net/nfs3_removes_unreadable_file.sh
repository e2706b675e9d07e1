# Reading a file of the image fails half way: the file is not left at the server where nobody could tell that it is
# incomplete, and everything else arrives.
. "$top/tests/lib/test.sh"
. "$top/tests/lib/ganesha.sh"

need_root "the VFS export"
dump() { ASAN_OPTIONS=detect_leaks=0 "$O/tests/tools/dirdump" -S "$1"; }
mkdir "$WORK/src" "$WORK/exp" || exit 1
for f in a b bad c; do head -c 5000000 /dev/urandom >"$WORK/src/$f"; done
touch -d '2001-01-01' "$WORK/src"/*
touch -d '2002-02-02' "$WORK/src"
ino=$(stat -c %i "$WORK/src/bad")
ganesha_start g vfs "$WORK/exp"
"$O/tests/tools/sinkrun" -e "$ino" "$WORK/src" "$(ganesha_url g /x)" >"$WORK/out" 2>"$WORK/notes"
[ $? -eq 1 ] || die "status: $(cat "$WORK/notes")"
grep -q "cannot read .*/bad: asked to fail" "$WORK/notes" || die "$(cat "$WORK/notes")"
grep -q ' REMOVE=1 ' "$WORK/out" || die "one REMOVE: $(cat "$WORK/out")"
rm "$WORK/src/bad"
touch -d '2002-02-02' "$WORK/src"
dump "$WORK/src" >"$WORK/want" || exit 1
dump "$WORK/exp/x" | diff "$WORK/want" - || die "not what was to be stored"
