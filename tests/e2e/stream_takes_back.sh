# A damaged image in which a directory has two parents, of which the one that counts comes last: what
# was stored at the other place before is removed, and there is what the kernel would have made of
# the tree that is meant.
. "$top/tests/lib/e2e.sh"
. "$top/tests/lib/spread_image.sh"
. "$top/tests/lib/feed.sh"
need_loop
need mke2fs debugfs
spread_image "$WORK/disk"
cp --sparse=always "$WORK/disk" "$WORK/meant"
# The nearer one to the root counts; top08 comes behind the 56th MiB of this image.
debugfs -w -R 'ln /top05/sub/deep /top08/stolen' "$WORK/disk" 2>"$WORK/debugfs" ||
	die "debugfs failed: $(cat "$WORK/debugfs")"
debugfs -R 'stat /top08/stolen/last' "$WORK/disk" 2>/dev/null | grep -q 'Type: regular' ||
	die "debugfs made no link: $(cat "$WORK/debugfs")"
mkdir "$WORK/mnt"
mount -o loop "$WORK/meant" "$WORK/mnt" || die "cannot mount it"
at_exit 'umount "$WORK/mnt"'
for d in top05/sub top08; do
	touch -r "$WORK/mnt/$d" "$WORK/${d##*/}.time"
done
mv "$WORK/mnt/top05/sub/deep" "$WORK/mnt/top08/stolen"
for d in top05/sub top08; do
	touch -r "$WORK/${d##*/}.time" "$WORK/mnt/$d"
done
serve
feed_begin "$bin" extract -v --json --allow-loss=all - "$(ganesha_url srv /root)"
feed_until "$WORK/disk" $((55 << 20))	# one step more than is needed: a stage may begin within a step
until_ok 60 test -e "$exp/root/top05/sub/deep/last" || bad "it was not stored at the first place in time"
feed_rest "$WORK/disk"
feed_end
want_rc 5
want_err "removed 2 objects that the rest of the damaged image takes back"
want_json 'j["damaged"]["count"] == 1 and j["damaged"]["objects"][0]["path"] == "top05/sub/deep"'
same_tree "$WORK/mnt" "$exp/root"
e2e_end
