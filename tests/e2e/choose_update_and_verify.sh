# What --exclude leaves out is neither deleted by --update --delete nor a difference to verify, is not stored
# from a stream either, and a mapped tree verifies with the same ranges.
. "$top/tests/lib/e2e.sh"
need_loop
use_fixture plain
serve
mount_ro "$img" "$WORK/mnt"
url=$(ganesha_url srv /root)
rules='--exclude=/sizes/bytes-1* --exclude=/modes --include=/owners/file-*-? --exclude=/owners/*'
grep -q . "$WORK/mnt/sizes/bytes-1" || die "the fixture has changed"

# shellcheck disable=SC2086
{
extract $rules --allow-loss=symlink-times --verify "$img" "$url"
want_rc 0
want_out "Read back and compared: 0 differences"
[ ! -e "$exp/root/modes" ] && [ ! -e "$exp/root/sizes/bytes-131073" ] && [ -e "$exp/root/sizes/bytes-4096" ] ||
	bad "not what was asked for: $(ls "$exp/root" "$exp/root/sizes")"
# what is there already, and would be left out
mkdir "$exp/root/modes" && echo mine >"$exp/root/modes/own" && echo mine >"$exp/root/sizes/bytes-17"
echo other >"$exp/root/sizes/stray"
ganesha_stop srv	# which answers from its cache
serve
url=$(ganesha_url srv /root)
as_nobody "$bin" verify $rules "$img" "$url" >"$WORK/out" 2>"$WORK/err"
rc=$?
want_rc 6
[ "$(grep -c '^extra' "$WORK/out")" -eq 1 ] && grep -q "^extra *'sizes/stray'" "$WORK/out" ||
	bad "extra: $(grep '^extra' "$WORK/out")"
extract $rules --allow-loss=symlink-times --update --delete --verify "$img" "$url"
want_rc 0
[ -e "$exp/root/modes/own" ] && [ -e "$exp/root/sizes/bytes-17" ] || bad "what is left out was deleted"
[ ! -e "$exp/root/sizes/stray" ] || bad "what is extra was not deleted"
# without the rules it is all there
extract --allow-loss=symlink-times --update --delete --verify "$img" "$url"
want_rc 0
[ ! -e "$exp/root/modes/own" ] || bad "was not deleted"

# from a pipe, in stages
cat "$img" | as_nobody "$bin" extract $rules --allow-loss=symlink-times --verify - "$(ganesha_url srv /piped)" \
	>"$WORK/out" 2>"$WORK/err"
rc=$?
want_rc 0
[ ! -e "$exp/piped/modes" ] && [ -e "$exp/piped/sizes/bytes-4096" ] || bad "from a pipe"
}

for o in --map-users=0:100000:65536 --map-groups=0:200000:65536 --owner=7:8; do
	extract "$o" --allow-loss=symlink-times --verify "$img:/hard_links" "$(ganesha_url srv "/$o")"
	want_rc 0
	as_nobody "$bin" verify "$o" --subdir=hard_links "$img" "$(ganesha_url srv "/$o")" >"$WORK/out" 2>"$WORK/err"
	rc=$?
	want_rc 0
	as_nobody "$bin" verify --subdir=hard_links "$img" "$(ganesha_url srv "/$o")" >"$WORK/out" 2>"$WORK/err"
	rc=$?
	want_rc 6
	want_out 'owner'
done
[ "$(stat -c %u:%g "$exp/--map-users=0:100000:65536/another")" = 100000:0 ] || bad "users are not mapped"
e2e_end
