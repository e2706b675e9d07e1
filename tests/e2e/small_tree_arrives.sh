# One of everything that NFSv3 can carry arrives without a difference, from an image that may only
# be read, by nobody.
. "$top/tests/lib/e2e.sh"
need_loop
use_fixture plain
mount_ro "$img" "$WORK/mnt"
serve
extract --json "$img" "$(ganesha_url srv /root)"
# The one loss: ganesha cannot set the times of symlinks.
want_rc 1
want_json '[l["class"] for l in j["losses"]] == ["symlink-times"]'
want_json "loss('symlink-times') == $(count_symlinks "$WORK/mnt")"
want_json 'j["not_stored"] == 0 and j["failed"]["count"] == 0 and j["damaged"]["count"] == 0'
# Access times too. (Who walks through $exp meanwhile, with find or du, changes those of folders.)
same_tree "$WORK/mnt" "$exp/root" -a
# By the kernel's count of inodes, the root not counted.
for t in f:files d:directories l:symlinks p:fifos s:sockets; do
	n=$(find "$WORK/mnt" -mindepth 1 -type "${t%:*}" -printf '%i\n' | sort -u | wc -l)
	want_json "j['stored']['${t#*:}'] == $n"
done
e2e_end
