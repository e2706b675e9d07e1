# Files in pieces that lie far apart, in an .xz of blocks: each piece is read when its part of the medium is unpacked, so
# that a block is not unpacked for each file; more files than are stored at a time, and whatever the server does to requests.
. "$top/tests/lib/e2e.sh"
. "$top/tests/lib/packed.sh"
. "$top/tests/lib/nfsproxy.sh"
need xz mke2fs python3
need_loop
img=$WORK/fragmented.img
truncate -s 520M "$img"
mke2fs -q -F -t ext4 -b 4096 -N 4096 -O ^resize_inode,^has_journal "$img" || die "mke2fs failed"
mkdir "$WORK/made"
mount -o loop,nodelalloc "$img" "$WORK/made" || die "cannot mount the image"
# the kernel puts what is written one after the other side by side: a block of each file, then 60 MB, six times
python3 - "$WORK/made" <<'EOP'
import os, sys
root = sys.argv[1]
for d in range(30):
    os.mkdir(f"{root}/d{d:02d}")
for r in range(6):
    for i in range(1800):
        with open(f"{root}/d{i % 30:02d}/f{i:04d}", "ab") as f:
            f.write((f"{i} {r} " * 1000).encode()[:4096])
    with open(f"{root}/filler{r}", "wb") as f:
        f.write((f"filler {r}\n" * 7000000).encode()[:60 << 20])
    os.sync()
EOP
umount "$WORK/made"
mount_ro "$img" "$WORK/mnt"
pieces=$(filefrag "$WORK"/mnt/d*/f* | awk '{ n += $(NF - 2) } END { print n }')
[ "$pieces" -gt 7200 ] || skip "this kernel did not put the files into pieces ($pieces of 1800)"
# packed MIB: sets xz and blocks
packed() {
	xz -0 -T2 --block-size="$1MiB" -c "$img" >"$WORK/$1.xz" || die "xz failed"
	xz=$(for_nobody "$WORK/$1.xz")
	blocks=$(xz --robot -l "$xz" | awk '$1 == "file" { print $3 }')
}
serve

# stored NAME MOST [RULE...]: everything arrives, whatever happens on the way, by unpacking MOST blocks
stored() {
	name=$1 most=$2
	shift 2
	proxy_start px srv -d 200 "$@"
	extract -v --json --progress=none --allow-loss=all "$xz" "$(proxy_url px srv "/$name")"
	proxy_stop px
	want_rc 0
	want_json 'j["not_stored"] == 0'
	same_tree "$WORK/mnt" "$exp/$name"
	echo "$name: $pieces pieces in $blocks blocks, $(unpacked) unpacked"
	[ "$(unpacked)" -le "$most" ] || bad "$(unpacked) of $blocks blocks are unpacked"
	rm -r "${exp:?}/$name"
}

# once for the tree, once for as many files as are under way at a time, once for the rest; of the larger ones no more
# than that is held which is read
packed 64
stored larger $((8 * blocks))
packed 24
stored undisturbed $((4 * blocks))
any=1000000
stored broken $any jukebox=11 short=5 drop-call=3000 lose-reply=6000 down=200
stored verifier $any verifier=7
stored late $any slow=8:40:500
e2e_end
