# One of everything, stored at a real server, is what a local listing of the export shows; and no more requests are used
# than the protocol needs.
. "$top/tests/lib/test.sh"
. "$top/tests/lib/ganesha.sh"
. "$top/tests/lib/sink_tree.sh"
only_v3 "net/nfs4_stores_everything counts the others"

FILES=200
sink_tree "$WORK/src" $FILES
mkdir "$WORK/exp" || exit 1
dump "$WORK/src" >"$WORK/want" || exit 1
ganesha_start g vfs "$WORK/exp"

# The missing part of the destination is made.
"$O/tests/tools/sinkrun" "$WORK/src" "$(ganesha_url g /a/b)" >"$WORK/out" 2>"$WORK/notes"
rc=$?
cat "$WORK/out"
grep -v '^loss symlink-times ' "$WORK/notes" && die "unexpected notes"
[ $rc -eq 1 ] || die "status $rc: this server does not keep the times of symlinks, which is a loss"
[ "$(wc -l <"$WORK/notes")" -eq 4 ] || die "one note of loss for each symlink"
dump "$WORK/exp/a/b" >"$WORK/got" || exit 1
diff "$WORK/want" "$WORK/got" || die "not what was to be stored"

get() { tr ' ' '\n' <"$WORK/out" | sed -n "s/^$1=//p"; }
inodes=$(find "$WORK/src" -type f -printf '%i\n' | sort -u | wc -l)
dirs=$(find "$WORK/src" -mindepth 1 -type d | wc -l)
[ "$(get CREATE)" -eq "$inodes" ] || die "one CREATE for each file"
[ "$(get MKDIR)" -eq $((dirs + 2)) ] || die "one MKDIR for each directory and each missing part of the path"
[ "$(get LINK)" -eq 4 ] || die "one LINK for each further name"
[ "$(get SYMLINK)" -eq 4 ] || die "one SYMLINK for each symlink"
[ "$(get MKNOD)" -eq 4 ] || die "one MKNOD for each special file"
[ "$(get COMMIT)" -le 5 ] || die "COMMIT only for files of several WRITEs"
# without data: zero, hole, suid0, which needs a corrective SETATTR; two more to learn about the times of symlinks
[ "$(get SETATTR)" -eq $((inodes - 3 + dirs + 1 + 3)) ] || die "one SETATTR for each file with data and each directory"
[ "$(get LOOKUP)" -le 1 ] && [ "$(get GETATTR)" -le 1 ] || die "no LOOKUP or GETATTR on the way"
[ "$(get resent)" -eq 0 ] || die "nothing needed to be sent again"
[ "$(get max_in_flight)" -gt 64 ] || die "the window is not used"

# The same again: the destination is not empty now.
"$O/tests/tools/sinkrun" "$WORK/src" "$(ganesha_url g /a/b)" >"$WORK/out" 2>"$WORK/notes" &&
	die "a destination that is not empty"
grep -q "^fatal the destination '/export/a/b' is not empty: it holds '" "$WORK/notes" || die "$(cat "$WORK/notes")"
dump "$WORK/exp/a/b" | diff "$WORK/want" - || die "something was written"
