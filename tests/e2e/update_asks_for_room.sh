# --update onto a server that has no room: nothing is refused that needs none, and what cannot fit is refused before
# anything is written. Holes need no room.
. "$top/tests/lib/e2e.sh"
need_loop
use_fixture plain
mount_ro "$img" "$WORK/mnt"
small_disk srv 40 8000
serve
url=$(ganesha_url srv /root)
extract --allow-loss=symlink-times "$img" "$url"
want_rc 0
r=$exp/root

state() {
	find "$r" -mindepth 1 -printf '%P %y %m %U:%G %s %T@ %C@\n' | sort | cksum
}

# Full, and all is there.
dd if=/dev/zero of="$exp/filler" bs=64k 2>/dev/null
extract --update --json --allow-loss=symlink-times "$img" "$url"
want_rc 0
want_json "j['update']['equal'] == j['stored']['total']"

# Full, and the largest file has to be made anew; then with as much room as it needs.
ganesha_stop srv
f=$(find "$r" -type f -printf '%b %P\n' | sort -n | tail -n 1 | cut -d ' ' -f 2-)
rm "$r/$f"
dd if=/dev/zero of="$exp/filler2" bs=64k 2>/dev/null
touch -r "$WORK/mnt/$(dirname "$f")" "$r/$(dirname "$f")"
ganesha_run srv || die "the server does not start again"
before=$(state)
extract --update --allow-loss=symlink-times "$img" "$url"
want_rc 4
want_err 'too little room: 0 MiB are free, what is new needs'
want_err ' MiB'
grep -q incomplete "$WORK/err" && bad 'nothing was begun, and yet it is incomplete'
want_err '--no-check'
[ "$before" = "$(state)" ] || bad "something was written"
# The same from an image with a checksum at its end: no file is left that says that it has not been compared.
mkdir -m 755 "$WORK/packed"
gzip -1 -c "$img" >"$WORK/packed/gz"
extract --update --allow-loss=symlink-times "$WORK/packed/gz" "$url"
want_rc 4
want_err 'too little room: 0 MiB are free, what is new needs'
[ "$before" = "$(state)" ] || bad "something was written or is left: $(ls -A "$r")"
extract --update --no-check --allow-loss=symlink-times "$img" "$url"
want_rc 4
want_err 'NFS3ERR_NOSPC'
ganesha_stop srv
rm "$exp/filler2"
truncate -s -64k "$exp/filler"	# the lock is there as long as the run
ganesha_run srv || die "the server does not start again"
extract --update --allow-loss=symlink-times "$img" "$url"
want_rc 0
same_tree "$WORK/mnt" "$r"
e2e_end
