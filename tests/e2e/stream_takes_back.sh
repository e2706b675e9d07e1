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

# Where the kernel puts things depends on when it writes. Which directory is complete first, and which block of a directory
# comes last? A stage begins when 4 MiB have come since the one before (src/stage/stage.c).
cat >"$WORK/layout.py" <<'EOP'
import re, subprocess, sys
image, block = sys.argv[1], 1024
def debugfs(commands):
    return subprocess.run(["debugfs", "-f", "-", image], input="\n".join(commands), text=True, check=True,
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout
def ends(*paths):
    out = debugfs([f"imap {p}" for p in paths]) + debugfs([f"blocks {p}" for p in paths])
    at = [int(b) for b in re.findall(r"located at block (\d+)", out)]
    at += [int(b) for line in out.splitlines() if re.match(r"[\d ]+$", line) for b in line.split()]
    return [(b + 1) * block for b in at]
tops = [f"/top{i:02d}" for i in range(12)]
come, first = min((max(ends(t, f"{t}/sub", f"{t}/sub/deep", f"{t}/sub/deep/last")), t) for t in tops)
late, last = max((max(ends(t)), t) for t in tops if t != first)
print(first[1:], last[1:], come, late - block)
EOP
python3 "$WORK/layout.py" "$WORK/disk" >"$WORK/layout" || die "no layout"
read -r first last come until <"$WORK/layout"
echo "$first is complete at $come, $last not before $until"
[ $((until - come)) -gt $((5 << 20)) ] || die "they lie too near to each other"

# The nearer one to the root counts.
debugfs -w -R "ln /$first/sub/deep /$last/stolen" "$WORK/disk" 2>"$WORK/debugfs" ||
	die "debugfs failed: $(cat "$WORK/debugfs")"
debugfs -R "stat /$last/stolen/last" "$WORK/disk" 2>/dev/null | grep -q 'Type: regular' ||
	die "debugfs made no link: $(cat "$WORK/debugfs")"
mkdir "$WORK/mnt"
mount -o loop "$WORK/meant" "$WORK/mnt" || die "cannot mount it"
at_exit 'umount "$WORK/mnt"'
for d in $first/sub $last; do
	touch -r "$WORK/mnt/$d" "$WORK/${d##*/}.time"
done
mv "$WORK/mnt/$first/sub/deep" "$WORK/mnt/$last/stolen"
for d in $first/sub $last; do
	touch -r "$WORK/${d##*/}.time" "$WORK/mnt/$d"
done
serve
feed_begin "$bin" extract -v --json --allow-loss=all - "$(ganesha_url srv /root)"
feed_step "$WORK/disk" "$until"
is_stored() {
	[ -e "$exp/root/$first/sub/deep/last" ] || ! kill -0 "$feed_pid" 2>/dev/null
}
until_ok 120 is_stored || die "it was not stored at the first place: $(cat "$WORK/err")"
[ -e "$exp/root/$first/sub/deep/last" ] || die "it ended: $(cat "$WORK/err")"
feed_rest "$WORK/disk"
feed_end
want_rc 5
want_err "removed 2 objects that the rest of the damaged image takes back"
want_json 'j["damaged"]["count"] == 1 and j["damaged"]["objects"][0]["path"] == "'"$first"'/sub/deep"'
same_tree "$WORK/mnt" "$exp/root"
e2e_end
