# The disk image of a real Debian: partition chosen by itself, 0 differences, less than 64 MB of
# memory, image untouched.
. "$top/tests/lib/e2e.sh"
need_loop
use_fixture debian
sum=$(sha256sum <"$img")
before=$(stat -c '%Y %Z %s %b' "$img")
serve
as_nobody "$O/tests/tools/watched" /dev/stderr true 2>/dev/null || skip "the build folder is closed to nobody"
mkdir -m 777 "$WORK/far"
as_nobody "$O/tests/tools/watched" "$WORK/far/watched" "$bin" extract --json "$img" "$(ganesha_url srv /root)" \
	>"$WORK/out" 2>"$WORK/err" </dev/null
rc=$?
[ "$before" = "$(stat -c '%Y %Z %s %b' "$img")" ] || bad "the image's times or size changed: $before"
want_rc 1
# Debian's own: ping has a capability, the journal's folder an ACL.
want_json '{l["class"] for l in j["losses"]} == {"symlink-times", "caps", "acl"}'
want_json 'j["not_stored"] == 0 and j["partition"] == 2'
kib=$(sed -n 's/^maxrss_kib //p' "$WORK/far/watched")
echo "peak memory: $kib KiB"
[ "$kib" -lt 39063 ] || bad "peak memory is $kib KiB, want less than 40 MB"
mount_ro "$img" "$WORK/mnt" $((94208 * 512)) $((3528040 * 512))
want_json "loss('caps') == $(getcap -r "$WORK/mnt" 2>/dev/null | wc -l)"
want_json "loss('acl') == $(getfacl -R -P -s -p "$WORK/mnt" 2>/dev/null | grep -c '^# file:')"
want_json "loss('symlink-times') == $(count_symlinks "$WORK/mnt")"
same_tree "$WORK/mnt" "$exp/root"
[ "$sum" = "$(sha256sum <"$img")" ] || bad "the image changed"
e2e_end
