# One image, three boards: three whole trees, file data read once, as many requests for each as for one alone; verified,
# brought up to date, swapped.
. "$top/tests/lib/e2e.sh"
need_loop
use_fixture plain
mount_ro "$img" "$WORK/mnt"
serve

# as many WRITEs however long a busy server takes to reply: far from it they are smaller
extract --json --write-size=1048576 --allow-loss=symlink-times "$img" "$(ganesha_url srv /one)"
want_rc 0
# a beat of the lock is two requests, of which one is the only kind of READ
unbeaten="['total'] - 2 * d['requests']['READ']"
one=$(json "[d['requests']$unbeaten for d in [j]][0]") written=$(json 'j["bytes_written"]')

extract --json --write-size=1048576 --verify --allow-loss=symlink-times "$img" \
	"$(ganesha_url srv '/pi/{kitchen,hall,door}')"
want_rc 0
want_json 'len(j["destinations"]) == 3 and j["status"] == 0 and j["error"] is None'
for b in kitchen hall door; do
	same_tree "$WORK/mnt" "$exp/pi/$b"
done
want_json "all(d['bytes_written'] == $written for d in j['destinations'])"
want_json 'all(d["verify"]["compared"] > 3500 and d["verify"]["differences"]["count"] == 0 for d in j["destinations"])'
# read once, as the share counts it
want_json "j['bytes_read'] == $written"
# the path above is made by one of them
want_json "all(abs(d['requests']$unbeaten - $one) <= 8 for d in j['destinations'])"
echo "requests: $one alone, $(json "[d['requests']$unbeaten for d in j['destinations']]"), without" \
	"$(json '[2 * d["requests"]["READ"] for d in j["destinations"]]') of the lock"

# And as the kernel counts it: bytes that the program reads from the image.
if command -v strace >/dev/null; then
	mkdir -m 777 "$WORK/traces"
	traced() {	# FILE URL
		as_nobody strace -f -qq -y -e trace=pread64 -o "$WORK/traces/$1" \
			"$bin" extract --quiet --allow-loss=all "$img" "$2" </dev/null || bad "strace: status $?"
		grep -F "<$img>" "$WORK/traces/$1" | sed -n 's/.*= \([0-9]*\)$/\1/p' | awk '{ n += $1 } END { print n + 0 }'
	}
	alone=$(traced one "$(ganesha_url srv /t1)")
	three=$(traced three "$(ganesha_url srv '/t3/{a,b,c}')")
	echo "bytes read from the image: $alone for one board, $three for three"
	[ "$alone" -gt "$written" ] || bad "the trace shows less than what was written"
	# symlinks and the tables of large files are small, and read for each
	[ "$three" -lt $((alone + written / 4)) ] || bad "the image is read more than once"
fi

# Repeated URLs are the same thing; a manifest for each. Where the destinations hold something, one after the other.
extract --update --manifest="$WORK/traces/{}.mtree" --allow-loss=symlink-times "$img" \
	"$(ganesha_url srv /pi/kitchen)" "$(ganesha_url srv /pi/hall)"
want_rc 0
[ "$(grep -c 'equal' "$WORK/out")" -eq 2 ] || bad "not twice nothing to do"
[ -s "$WORK/traces/kitchen.mtree" ] && cmp "$WORK/traces/kitchen.mtree" "$WORK/traces/hall.mtree" || bad "manifests"
ganesha_stop srv
echo changed >"$exp/pi/hall/changed"
ganesha_run srv || die "the server does not start again"
extract --json --update --delete --dry-run --allow-loss=symlink-times "$img" "$(ganesha_url srv '/pi/{kitchen,hall}')"
want_rc 0
want_json 'not j["destinations"][0]["changes"] and len(j["destinations"][1]["changes"]) > 0'
extract --json --atomic --allow-loss=symlink-times "$img" "$(ganesha_url srv '/pi/{hall,door}')"
want_rc 0
want_json 'all(d["atomic"]["swapped"] for d in j["destinations"])'
same_tree "$WORK/mnt" "$exp/pi/hall"
[ -e "$exp/pi/hall.old/changed" ] || bad "what was there is not kept"
e2e_end
