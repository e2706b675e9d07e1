# The tree of small_tree_arrives over NFSv4: stored, read back by the program, and compared with the kernel's mount.
#
# One directory is missing on purpose: to nfs-ganesha's NFSv4 one with the sticky bit and without any x bit is a
# referral, and it answers all requests for it with NFS4ERR_MOVED. That is told.
. "$top/tests/lib/e2e.sh"
need_loop
I2N_TEST_VERSION=3	# the image as it is
use_fixture plain
. "$top/tests/lib/nfs4.sh"
mount_ro "$img" "$WORK/mnt"
serve
extract --json "$img" "$(ganesha_url srv /root)"
want_rc 4
want_err "'modes/dir-1644': NFS4ERR_MOVED"
want_json 'j["failed"]["count"] == 1 and j["damaged"]["count"] == 0'
want_json '[l["class"] for l in j["losses"]] == ["symlink-times"]'
want_json 'j["requests"]["STORE"] > 2000 and j["requests"]["MNT"] == 0'
want_json 'j["requests"]["SETATTR"] < 300'
for d in mnt srv.exp/root; do
	"$O/tests/tools/dirdump" -S -b -a "$WORK/$d" | sed -e 's/	data=[0-9]*//' -e 's/	alloc=[0-9]*$//' |
		grep -v '^\./modes/dir-1644' >"$WORK/list"
	mv "$WORK/list" "$WORK/list.$(basename "$d")"
done
[ "$(wc -l <"$WORK/list.mnt")" -gt 3000 ] || bad "nothing to compare with"
diff "$WORK/list.mnt" "$WORK/list.root" >"$WORK/diff" || bad "differs: $(head -n 6 "$WORK/diff")"

# The same server without `version`: it speaks both, so nothing is said of NFSv4.
extract "$img" "$(ganesha_url srv /three | sed 's/version=4&//')"
want_rc 1
! grep -q 'using NFSv4' "$WORK/err" || bad "NFSv3 was there"

# One port only: nobody answers MOUNT, so NFSv4 is tried, and told.
extract "$img" "$(ganesha_url srv /four | sed -e 's/version=4&//' -e 's/mountport=[0-9]*/mountport=1/')"
want_rc 4
want_err 'using NFSv4'
e2e_end
