# Debian from a compressed qcow2 disk, as cloud images come: 0 differences, no temporary file, hardly a block of 1 MiB
# unpacked twice, memory as the manual says.
. "$top/tests/lib/e2e.sh"
. "$top/tests/lib/packed.sh"
need qemu-img
need_loop
use_fixture debian
disk=$O/fixtures/debian.qcow2
if [ ! "$disk" -nt "$O/fixtures/debian.img" ]; then
	qemu-img convert -c -f raw -O qcow2 "$O/fixtures/debian.img" "$disk.$$" && mv "$disk.$$" "$disk" || die "qemu-img failed"
fi
disk=$(for_nobody "$disk")
serve
mkdir -m 777 "$WORK/far"
TMPDIR=/nonexistent as_nobody "$O/tests/tools/watched" "$WORK/far/watched" "$bin" extract -v --json --progress=none \
	"$disk" "$(ganesha_url srv /root)" >"$WORK/out" 2>"$WORK/err" </dev/null
rc=$?
want_rc 1	# the losses of tests/e2e/debian_arrives.sh
want_json '{l["class"] for l in j["losses"]} == {"symlink-times", "caps", "acl"}'
want_json 'j["not_stored"] == 0 and j["partition"] == 2'
mount_ro "$img" "$WORK/mnt" $((94208 * 512)) $((3528040 * 512))
same_tree "$WORK/mnt" "$exp/root"

# qemu-img writes no cluster of zeros: which MiB have any, its own map says
needed=$(qemu-img map --output=json -f qcow2 "$disk" | python3 -c 'import json, sys
print(len({b for e in json.load(sys.stdin) if e["data"] and e.get("compressed", "offset" not in e)
	for b in range(e["start"] >> 20, (e["start"] + e["length"] - 1 >> 20) + 1)}))')
got=$(unpacked)
kib=$(sed -n 's/^maxrss_kib //p' "$WORK/far/watched")
cores=$(nproc)
echo "$needed blocks hold something, $got unpacked; peak memory $kib KiB with $cores cores"
# the tree is read first, then the rest
[ "$got" -gt 0 ] && [ "$got" -le $((needed + needed / 8)) ] || bad "$got blocks are unpacked, $needed hold something"
# the manual's bound, and what a run takes anyhow
[ "$kib" -le $(((cores * 2 + 48 + 39) * 1024)) ] || bad "peak memory is $kib KiB"
e2e_end
