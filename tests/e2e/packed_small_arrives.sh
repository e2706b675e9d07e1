# One of everything that NFSv3 can carry arrives from a packed image as from a plain one: one that comes as a stream, one that is
# read in place, one in an archive (all formats: cli/packed_formats); and a packed image that breaks off leaves a tree that is called incomplete.
. "$top/tests/lib/e2e.sh"
need_loop
use_fixture plain
mount_ro "$img" "$WORK/mnt"
serve
packed=$WORK/packed
mkdir -m 755 "$packed"
try() {	# NAME: a file below $packed; its content was just made
	extract --json "$packed/$1" "$(ganesha_url srv "/$1")"
	want_rc 1	# the times of symlinks
	want_json '[l["class"] for l in j["losses"]] == ["symlink-times"] and j["not_stored"] == 0'
	same_tree "$WORK/mnt" "$exp/$1"
}
gzip -1 -c "$img" >"$packed/gz" && try gz
xz -0 -T2 --block-size=1MiB -c "$img" >"$packed/xzmt" && try xzmt
tar -czf "$packed/tgz" -C "${img%/*}" "${img##*/}" && try tgz

# the right digest of the wrong file: all arrives, and is not called good
extract --json --sha256=$(printf '%064d' 0) "$packed/gz" "$(ganesha_url srv /sum)"
want_rc 8
want_err "is not the one that was given"
want_err "is incomplete"
want_err "contents may be wrong"
# the last byte is missing: only the checksum at the end tells, when everything has been stored
size=$(stat -c %s "$packed/gz")
head -c $((size - 1)) "$packed/gz" >"$packed/cut"
extract --json "$packed/cut" "$(ganesha_url srv /cut)"
want_rc 3
want_err "cannot unpack '$packed/cut': it ends too early"
want_err "is incomplete"
e2e_end
