# A pipe that ends early, or SIGTERM, after some stages: the status, what is there is named
# incomplete, nothing is taken for complete, and --update with the whole image finishes it.
. "$top/tests/lib/e2e.sh"
. "$top/tests/lib/spread_image.sh"
. "$top/tests/lib/feed.sh"
need_loop
need mke2fs
spread_image "$WORK/disk"
serve
half=$(($(stat -c %s "$WORK/disk") / 2))

feed_begin "$bin" extract -v - "$(ganesha_url srv /root)"
feed_until "$WORK/disk" $half
feed_end
want_rc 3
want_err 'standard input'
want_err 'the tree at the destination is incomplete: '
want_err ' objects are stored, of an image that was not read to its end'
want_err '--update'
[ -n "$(find "$exp/root" -type f)" ] || bad "nothing was stored before the end"
[ ! -e "$exp/root/.img2nfs-lock" ] || bad "the lock is still there"

feed_begin "$bin" extract -v - "$(ganesha_url srv /stopped)"
feed_until "$WORK/disk" $half
kill -s TERM "$feed_pid"
until_ok 60 ganesha_is_gone "$feed_pid" || die "SIGTERM does not end the wait for a pipe"
feed_end
want_rc 143
want_err 'stopped by SIGTERM'
want_err 'the tree at the destination is incomplete: '

for d in root stopped; do
	extract --json --update --allow-loss=all "$WORK/disk" "$(ganesha_url srv /$d)"
	want_rc 0
	want_json 'j["update"]["equal"] > 30'
done
mount_ro "$WORK/disk" "$WORK/mnt"
same_tree "$WORK/mnt" "$exp/root"
same_tree "$WORK/mnt" "$exp/stopped"
e2e_end
