# One of everything, stored at a real server over NFSv4, is what a local listing of the export shows; a file of one WRITE
# costs one request.
. "$top/tests/lib/test.sh"
. "$top/tests/lib/nfs4.sh"
. "$top/tests/lib/ganesha.sh"
. "$top/tests/lib/sink_tree.sh"

FILES=200
sink_tree "$WORK/src" $FILES
mkdir "$WORK/exp" || exit 1
dump "$WORK/src" >"$WORK/want" || exit 1
ganesha_start g vfs "$WORK/exp"
# A WRITE is as large as it can be also where replies take long.
"$O/tests/tools/sinkrun" -s 1048576 "$WORK/src" "$(ganesha_url g /a/b)" >"$WORK/out" 2>"$WORK/notes"
rc=$?
cat "$WORK/out"
grep -v '^loss symlink-times ' "$WORK/notes" && die "unexpected notes"
[ $rc -eq 1 ] || die "status $rc: this server does not keep the times of symlinks, which is a loss"
dump "$WORK/exp/a/b" >"$WORK/got" || exit 1
diff "$WORK/want" "$WORK/got" || die "not what was to be stored"

files=$(find "$WORK/src" -type f -printf '%i\n' | sort -u | wc -l)
dirs=$(find "$WORK/src" -mindepth 1 -type d | wc -l)
[ "$(get CREATE)" -eq 3 ] || die "one CREATE for each file without data: zero, hole, suid0"
[ "$(get STORE)" -eq $((files - 3)) ] || die "one STORE for each other file"
[ "$(get MKDIR)" -eq $((dirs + 2)) ] || die "one MKDIR for each directory and each missing part of the path"
# further ones: of large files, those with holes, suid0, and two to learn about the times of symlinks
[ "$(get WRITE)" -le 8 ] || die "WRITE only for files of several"
[ "$(get SETATTR)" -le $((dirs + 1 + 3 + 6)) ] || die "SETATTR only for directories and files of several WRITEs"
[ "$(get SETCLIENTID)" -eq 2 ] || die "once to open, once to have all closed"
[ "$(get MNT)" -eq 0 ] || die "MOUNT is of NFSv3"
[ "$(get resent)" -eq 0 ] || die "nothing needed to be sent again"

# The same again: the destination is not empty now.
"$O/tests/tools/sinkrun" "$WORK/src" "$(ganesha_url g /a/b)" >"$WORK/out" 2>"$WORK/notes" &&
	die "a destination with something in it was taken"
grep -q "is not empty" "$WORK/notes" || die "$(cat "$WORK/notes")"
