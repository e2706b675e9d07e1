# An image from a pipe is stored while it comes in, in many stages, and what arrives is what the
# kernel shows: directories with children from several stages, hard links with names from several,
# files in pieces, times of all directories. Each object is made once, each directory settled once.
. "$top/tests/lib/e2e.sh"
. "$top/tests/lib/spread_image.sh"
. "$top/tests/lib/feed.sh"
need_loop
need mke2fs
spread_image "$WORK/disk"
serve
feed_begin "$bin" extract -v --json --allow-loss=all - "$(ganesha_url srv /root)"
feed_until "$WORK/disk" "$(stat -c %s "$WORK/disk")"
before=$(find "$exp/root" -type f | wc -l)
feed_rest "$WORK/disk"
feed_end
want_rc 0
mount_ro "$WORK/disk" "$WORK/mnt"
same_tree "$WORK/mnt" "$exp/root"
echo "$stages stages, $before files before the last step"
[ "$before" -gt 1000 ] || bad "only $before files were stored before the last step"
want_json 'j["stored"]["links"] == 24'
want_json 'j["not_stored"] == 0 and j["stored"] == j["planned"]'
# As many requests as it takes from the file; only the lock writes when time has passed.
counts='{p: j["requests"][p] for p in "CREATE MKDIR MKNOD SYMLINK LINK SETATTR REMOVE RMDIR COMMIT".split()}'
staged=$(json "$counts")
losses='sorted((l["class"], l["count"]) for l in j["losses"])'
lost=$(json "$losses")
extract --json --allow-loss=all "$WORK/disk" "$(ganesha_url srv /plain)"
want_rc 0
[ "$staged" = "$(json "$counts")" ] || bad "in stages $staged, at once $(json "$counts")"
[ "$lost" = "$(json "$losses")" ] || bad "losses in stages $lost, at once $(json "$losses")"
e2e_end
