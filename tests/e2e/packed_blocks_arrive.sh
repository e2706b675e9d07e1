# Debian from an .xz in blocks of 24 MiB, as `xz -T0` writes it: 0 differences, nothing stored on the way (there is no
# folder for it), hardly a block unpacked twice, memory of some blocks.
. "$top/tests/lib/e2e.sh"
. "$top/tests/lib/packed.sh"
use_debian_blocks
blocks=$(xz --robot -l "$xz" | awk '$1 == "file" { print $3 }')
serve
mkdir -m 777 "$WORK/far"
TMPDIR=/nonexistent as_nobody "$O/tests/tools/watched" "$WORK/far/watched" "$bin" extract -v --json --progress=none \
	"$xz" "$(ganesha_url srv /root)" >"$WORK/out" 2>"$WORK/err" </dev/null
rc=$?
want_rc 1	# times of symlinks, see below; Debian's own capabilities and ACL
want_json '{l["class"] for l in j["losses"]} == {"symlink-times", "caps", "acl"}'
want_json 'j["not_stored"] == 0 and j["partition"] == 2'
mount_ro "$img" "$WORK/mnt" $((94208 * 512)) $((3528040 * 512))
same_tree "$WORK/mnt" "$exp/root"

needed=$(debian_blocks "$WORK/mnt")
got=$(unpacked)
kib=$(sed -n 's/^maxrss_kib //p' "$WORK/far/watched")
cores=$(nproc)
echo "$blocks blocks, $needed in use, $got unpacked; peak memory $kib KiB with $cores cores"
# who reads goes along the medium: what is over are pieces of files that lie apart, and the beginning with the tree
[ "$got" -le $((needed + needed / 4)) ] || bad "$got blocks are unpacked, $needed are in use"
# a block and its decoder for each core, 128 MiB of blocks and pages, and what a run takes anyhow
[ "$kib" -le $(((cores * (24 + 4) + 128 + 64) * 1024)) ] || bad "peak memory is $kib KiB"

# Read back in the order of the server's directories, the image is still unpacked once only.
echo changed >"$exp/root/etc/issue"
# (One directory has a default ACL, for which nfs-ganesha 6.5 answers GETACL with SERVERFAULT.)
as_nobody "$bin" verify -v --json --progress=json --exclude=/var/log/journal "$xz" "$(ganesha_url srv /root)" >"$WORK/out" 2>"$WORK/err" </dev/null
rc=$?
want_rc 6
want_json 'sorted(d["path"] for d in j["differences"]["objects"] if d["class"] in ("content", "size")) == ["etc/issue"]'
got=$(unpacked)
echo "$got unpacked to verify"
# meanwhile it is told how many files have been read, of those that are not very large
files=$(find "$WORK/mnt" -type f -size -67108865c -printf '%i\n' | sort -u | wc -l)
grep -q "\"objects_total\": *$files\b" "$WORK/err" || bad "nothing is told of the $files files while digests are made"
[ "$got" -le $((needed + needed / 4)) ] || bad "$got blocks are unpacked to verify, $needed are in use"
e2e_end
