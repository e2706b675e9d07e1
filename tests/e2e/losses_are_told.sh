# What NFSv3 cannot hold is counted and listed by class, the status says so, and --allow-loss makes
# it no error.
. "$top/tests/lib/e2e.sh"
need_loop
use_fixture loss
mount_ro "$img" "$WORK/mnt"
serve
extract --json "$img" "$(ganesha_url srv /a)"
want_rc 1
want_json "loss('xattr') == 2"
# It is asked to keep them, and looked whether it does: ganesha 4.3 says OK and does not, 6.5 does.
# (6.5 adds a mask to what has none, which changes nothing; where there is one it is in the mode, compared below.)
acl_of() {
	(cd "$1" && getfacl -n "$2") | grep -v '^mask:'
}
acls_lost=0
for f in acl acl-dir; do
	acl_of "$WORK/mnt" "$f" >"$WORK/acl.want" && grep -q ':.*[0-9]:' "$WORK/acl.want" || bad "no ACL in the image: $f"
	acl_of "$exp/a" "$f" | cmp -s - "$WORK/acl.want" || acls_lost=$((acls_lost + 1))
done
is_v4 && setacls=0 || setacls=2
want_json "loss('acl') == $acls_lost and j['requests']['SETACL'] == $setacls"
want_json "loss('caps') == 1"
want_json "loss('chattr') == 2"
# 6 times out of range, each on a file, an empty file, a directory and a FIFO.
want_json "loss('time-range') == 24"
want_json 'j["not_stored"] == 0'
extract --json --allow-loss=xattr,acl,caps,chattr,time-range "$img" "$(ganesha_url srv /b)"
want_rc 0
extract --json --allow-loss=xattr,acl,caps,chattr "$img" "$(ganesha_url srv /c)"
want_rc 1
extract --json --allow-loss=all "$img" "$(ganesha_url srv /d)"
want_rc 0
extract -v "$img" "$(ganesha_url srv /e)"
want_rc 1
want_err "immutable"
# Stored clamped to what 32 unsigned bits of seconds can say.
[ "$(stat -c %Y "$exp/a/times/file-0")" = 0 ] || bad "a time before 1970 is not clamped to 1970"
[ "$(stat -c %Y "$exp/a/times/file-3")" = 4294967295 ] || bad "a time after 2106 is not clamped to 2106"
# All the rest is as it was.
"$O/tests/tools/dirdump" -S "$WORK/mnt" | grep -v '^./times' >"$WORK/want"
"$O/tests/tools/dirdump" -S "$exp/a" | grep -v '^./times' >"$WORK/got"
diff "$WORK/want" "$WORK/got" || failed=1
e2e_end
