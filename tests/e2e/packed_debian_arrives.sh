# The image of a real Debian from a compressed pipe: 0 differences, the spool gets less than the file system uses and has no
# name, memory stays bounded.
. "$top/tests/lib/e2e.sh"
need_loop
need zstd
use_fixture debian
serve
as_nobody "$O/tests/tools/watched" /dev/stderr true 2>/dev/null || skip "the build folder is closed to nobody"
mkdir -m 777 "$WORK/far" "$WORK/spool"
sum=$(zstd -q -1 -T2 -c "$img" | tee "$WORK/x.zst" | sha256sum | cut -d ' ' -f 1)
cat "$WORK/x.zst" | as_nobody "$O/tests/tools/watched" "$WORK/far/watched" "$bin" extract --json --progress=json \
	--spool="$WORK/spool" --sha256="$sum" - "$(ganesha_url srv /root)" >"$WORK/out" 2>"$WORK/err"
rc=$?
rm "$WORK/x.zst"
want_rc 1	# the losses of tests/e2e/debian_arrives.sh
want_json '{l["class"] for l in j["losses"]} == {"symlink-times", "caps", "acl"}'
want_json 'j["not_stored"] == 0 and j["partition"] == 2 and j["image"] == "-"'
kib=$(sed -n 's/^maxrss_kib //p' "$WORK/far/watched")
echo "peak memory: $kib KiB"
[ "$kib" -lt 65536 ] || bad "peak memory is $kib KiB, want less than 64 MiB"
mount_ro "$img" "$WORK/mnt" $((94208 * 512)) $((3528040 * 512))
same_tree "$WORK/mnt" "$exp/root"
[ -z "$(ls "$WORK/spool")" ] || bad "left in the spool folder: $(ls "$WORK/spool")"
# What was spooled at the last look, against the blocks that dumpe2fs counts as used.
spooled=$(sed -n 's/.*"spooled": *\([0-9]*\).*/\1/p' "$WORK/err" | tail -n 1)
used=$(dumpe2fs -h "$(findmnt -n -o SOURCE "$WORK/mnt")" 2>/dev/null | awk -F: '
	/^Block count/ { n = $2 } /^Free blocks/ { f = $2 } /^Block size/ { s = $2 }
	END { printf "%.0f\n", (n - f) * s }')
echo "spooled $spooled of $used bytes used"
[ -n "$spooled" ] && [ "$spooled" -gt 100000000 ] && [ "$spooled" -le "$used" ] ||
	bad "spooled: $spooled bytes, the file system uses $used"
e2e_end
