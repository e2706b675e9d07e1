# --atomic: the tree is built as NAME.new and takes the place of NAME when it is complete and right;
# what was there becomes NAME.old, whose open handles go on working.
. "$top/tests/lib/e2e.sh"
. "$top/tests/lib/nfsproxy.sh"
. "$top/tests/lib/tiny_image.sh"
need_loop
use_fixture plain
plain=$img
mount_ro "$plain" "$WORK/mnt"
tiny_image "$WORK/tiny.img"
tiny=$(for_nobody "$WORK/tiny.img")
mount_ro "$tiny" "$WORK/mnt.tiny"
serve
mkdir -m 777 "$WORK/far"
watched=$(for_nobody "$O/tests/tools/watched") || exit 1
url=$(ganesha_url srv /root)

# beside NAME...: all that is there, sorted.
beside() {
	(cd "$exp" && find . -mindepth 1 -maxdepth 1 -printf '%P ' | tr ' ' '\n' | sort | xargs) >"$WORK/beside"
	[ "$(cat "$WORK/beside")" = "$*" ] || bad "beside: $(cat "$WORK/beside"), want $*"
}

# Nothing is there yet.
extract --atomic --json --verify --allow-loss=symlink-times "$plain" "$url"
want_rc 0
want_json 'j["atomic"] == { "swapped": True, "old_kept": False, "removed": 0 }'
want_json 'j["verify"]["differences"]["count"] == 0'
same_tree "$WORK/mnt" "$exp/root"
beside root
inode=$(stat -c %i "$exp/root")

# Another image: the same directory is now root.old.
extract --atomic --allow-loss=symlink-times "$tiny" "$url"
want_rc 0
want_out "In its place: 'root' is the new tree, the one before it is beside it as .old."
same_tree "$WORK/mnt.tiny" "$exp/root"
same_tree "$WORK/mnt" "$exp/root.old"
[ "$(stat -c %i "$exp/root.old")" -eq "$inode" ] || bad "root.old is not what root was"
beside root root.old

# Again: the older one is removed. Then all that is old.
extract --atomic --json --allow-loss=symlink-times "$plain" "$url"
want_rc 0
want_json 'j["atomic"]["old_kept"] and j["atomic"]["removed"] > 3000'
same_tree "$WORK/mnt" "$exp/root"
same_tree "$WORK/mnt.tiny" "$exp/root.old"
beside root root.old
extract --atomic --remove-old --json --allow-loss=symlink-times "$tiny" "$url"
want_rc 0
want_json 'not j["atomic"]["old_kept"] and j["atomic"]["removed"] > 3000'
same_tree "$WORK/mnt.tiny" "$exp/root"
beside root

# An empty directory is replaced by the one request that does it.
mkdir "$exp/empty"
extract --atomic --allow-loss=symlink-times "$tiny" "$(ganesha_url srv /empty)"
want_rc 0
beside empty root

# Not right in every respect: nothing is swapped. Then it is allowed, and quick.
extract --atomic --json "$plain" "$url"
want_rc 1
want_err "'root' stays as it was"
want_err '--allow-loss=symlink-times'
want_json 'not j["atomic"]["swapped"]'
same_tree "$WORK/mnt.tiny" "$exp/root"
beside empty root root.new
echo junk >"$exp/root.new/junk"
echo left >"$exp/root.new/.img2nfs-lock"
extract --atomic --json --allow-loss=symlink-times "$plain" "$url"
want_rc 0
want_json 'j["bytes_written"] == 0 and j["update"]["equal"] > 3000 and j["update"]["deleted"] == 2'
same_tree "$WORK/mnt" "$exp/root"
beside empty root root.old

# What cannot be read back is not proved.
proxy_start unread srv status=6:5:40
extract --atomic --verify --allow-loss=all "$plain" "$(proxy_url unread srv /empty)"
want_rc 4
want_err "'empty' stays as it was"
same_tree "$WORK/mnt.tiny" "$exp/empty"
beside empty empty.new root root.old

# A signal before the swap, and to a second run, which is refused.
proxy_start slow srv -d 10000
as_nobody "$watched" "$WORK/far/watched" "$bin" extract --window=1 --atomic --allow-loss=all "$plain" \
	"$(proxy_url slow srv /sig)" >"$WORK/out.first" 2>"$WORK/err.first" </dev/null &
job=$!
until_ok 60 test -e "$exp/sig.new" || bad "no work seen"
extract --atomic --allow-loss=all "$tiny" "$(ganesha_url srv /sig)"
want_rc 4
want_err 'another run is writing to the destination'
kill -s INT "$(sed -n 's/^pid //p' "$WORK/far/watched")"
wait $job
rc=$?
cp "$WORK/err.first" "$WORK/err"
want_rc 130
want_err 'nothing was swapped'
want_err 'run the same command again'
beside empty empty.new root root.old sig.new
extract --atomic --allow-loss=all "$tiny" "$(ganesha_url srv /sig)"
want_rc 0
same_tree "$WORK/mnt.tiny" "$exp/sig"
beside empty empty.new root root.old sig

# A run without --atomic that is writing into it is in the way.
rm -f "$WORK/far/watched"
as_nobody "$watched" "$WORK/far/watched" "$bin" extract --window=1 --update "$plain" \
	"$(proxy_url slow srv /sig)" >"$WORK/out.first" 2>"$WORK/err.first" </dev/null &
job=$!
until_ok 60 test -s "$exp/sig/.img2nfs-lock" || bad "no lock seen"
extract --atomic --allow-loss=all "$tiny" "$(ganesha_url srv /sig)"
want_rc 4
want_err 'another run is writing to the destination'
kill -s INT "$(sed -n 's/^pid //p' "$WORK/far/watched")"
wait $job
e2e_end
