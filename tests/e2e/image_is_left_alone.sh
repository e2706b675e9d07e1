# The image is only read: contents, size and all times stay, the access time too when it is the user's own. It may be
# read-only, and lie where nobody may write.
. "$top/tests/lib/e2e.sh"
need_loop
use_fixture plain
serve
mkdir "$WORK/far"
cp --sparse=always "$img" "$WORK/far/img"
chmod 400 "$WORK/far/img"
chown 65534:65534 "$WORK/far/img"
# An access time that any read would change.
touch -a -d '2020-01-01 00:00:00' "$WORK/far/img"
# What is written late may take a block more for the map of its extents.
sync "$WORK/far/img"
before=$(stat -c '%X %Y %Z %s %b %a' "$WORK/far/img")
extract --quiet --allow-loss=symlink-times "$WORK/far/img" "$(ganesha_url srv /root)"
want_rc 0
after=$(stat -c '%X %Y %Z %s %b %a' "$WORK/far/img")
[ "$before" = "$after" ] || bad "before: $before, after: $after"
cmp "$img" "$WORK/far/img" || failed=1
e2e_end
