# A server that answers some requests much later than others: Debian from an .xz in blocks of 24 MiB, read along the
# medium all the same. What is late is waited for before its block has made room, so hardly one is unpacked twice.
. "$top/tests/lib/e2e.sh"
. "$top/tests/lib/packed.sh"
. "$top/tests/lib/nfsproxy.sh"
use_debian_blocks
serve
mount_ro "$img" "$WORK/mnt" $((94208 * 512)) $((3528040 * 512))
needed=$(debian_blocks "$WORK/mnt")

# late RULE FOLDER: it arrives there; and the blocks that hold a piece of the tree are unpacked twice at most
late() {
	proxy_start late srv "$1"
	extract -v --json --progress=none "$xz" "$(proxy_url late srv "/$2")"
	proxy_stop late
	want_rc 1	# as in packed_blocks_arrive
	want_json 'j["not_stored"] == 0'
	same_tree "$WORK/mnt" "$exp/$2"
	got=$(unpacked)
	echo "$1: $needed blocks in use, $got unpacked"
	[ "$got" -le $((needed + 4)) ] || bad "$got blocks are unpacked, $needed are in use"
}
late slow=8:150:3000 files	# CREATE: meanwhile much of the medium could be passed
late slow=9:5:1500 dirs		# MKDIR: what lies inside has to wait
e2e_end
