# An image from a pipe begins to be stored while it comes in also with --atomic, --netboot, --hostname and --boot: what lies
# in /etc waits for the end, the boot files for the root, the name for the checksum; in the end there is what a run from
# the file makes. What an edit removes elsewhere was stored before and is taken back. A wrong checksum leaves NAME alone.
. "$top/tests/lib/e2e.sh"
. "$top/tests/lib/boot_tree.sh"
. "$top/tests/lib/feed.sh"
need_loop
need mkfs.vfat mcopy sfdisk mke2fs python3
cd "$WORK" || exit 1
export TZ=UTC LC_ALL=C.UTF-8
boot_tree tree
sh "$top/fixtures/rpi_trees.sh" used used || die "no tree"
mkdir -p used/boot/firmware
python3 - used/zdata <<'EOP'
import os, random, sys
noise = random.Random(7)
for d in range(20):
    os.makedirs(f"{sys.argv[1]}/{d:02d}")
    for i in range(20):
        with open(f"{sys.argv[1]}/{d:02d}/{i:02d}", "wb") as f:
            f.write(noise.randbytes(100000))
EOP
find used -exec touch -h -d '2024-07-01 12:00:00 UTC' {} +
truncate -s 16m boot.fat
fat_of tree boot.fat -n bootfs -h 8192
mke2fs -q -F -t ext4 -E root_owner=0:0 -d used root.ext4 64m || die "mke2fs failed"
truncate -s 84m disk
printf 'label: dos\nlabel-id: 0x8a676486\nstart=8192,size=32768,type=c\nstart=40960,size=131072,type=83\n' | sfdisk -q disk >/dev/null
dd if=boot.fat of=disk bs=1M seek=4 conv=notrunc status=none
dd if=root.ext4 of=disk bs=1M seek=20 conv=notrunc status=none
chmod a+r disk
img=$(for_nobody "$WORK/disk") || die "no image for nobody"
serve
mkdir -m 777 boot.plain boot.piped boot.bad
edits="--partition=2 --netboot --new-identity --hostname=hall --nfsroot=192.0.2.7:/srv/pi,vers=3,tcp --allow-loss=symlink-times"
# shellcheck disable=SC2086 # several words
extract $edits --boot="$WORK/boot.plain" --json "$img" "$(ganesha_url srv /plain)"
want_rc 0
[ "$(json '"random-seed" in str(j["netboot"]["edits"])')" = True ] || bad "no edit outside of /etc"
plain=$(json 'sorted((e["edit"], e["path"], e["action"]) for e in j["netboot"]["edits"])')

stored() { # more than N files below DIR
	[ "$(find "$1" -type f 2>/dev/null | wc -l)" -gt "$2" ] || ! kill -0 "$feed_pid" 2>/dev/null
}
early() { # NAME: two thirds have come
	feed_step disk $((20 << 20))
	feed_step disk $((36 << 20))
	until_ok 20 stored "$exp/$1/zdata" 200 || die "nothing came: $(cat err)"
	kill -0 "$feed_pid" 2>/dev/null || die "it ended: $(cat err)"
	[ ! -e "$exp/$1/etc" ] || bad "/etc came before the end"
}

# shellcheck disable=SC2086 # several words
feed_begin "$bin" extract -v $edits --boot="$WORK/boot.piped" --json --atomic - "$(ganesha_url srv /piped)"
early piped.new
[ ! -e "$exp/piped" ] || bad "the name was taken before the end"
[ -z "$(ls -A boot.piped)" ] || bad "boot files came before the root"
feed_rest disk
feed_end
want_rc 0
want_json 'j["atomic"]["swapped"] and j["boot"]["complete"] and j["not_stored"] == 0'
[ "$(json 'sorted((e["edit"], e["path"], e["action"]) for e in j["netboot"]["edits"])')" = "$plain" ] || bad "other edits: $(cat out)"
same_tree "$exp/plain" "$exp/piped"
diff -r boot.plain boot.piped >diff || bad "boot files differ: $(head -n 5 diff)"
[ "$(cat "$exp/piped/etc/hostname")" = hall ] || bad "the root was not edited"

# into an empty directory with --update; a leftover of an interrupted --atomic waits for all
mkdir -m 777 "$exp/empty" "$exp/left.new"
echo old >"$exp/left.new/old"
feed_begin "$bin" extract -v --partition=2 --update --hostname=hall --allow-loss=symlink-times --json - "$(ganesha_url srv /empty)"
early empty
feed_rest disk
feed_end
want_rc 0
want_json 'j["update"] is None and j["not_stored"] == 0'
"$bin" extract --partition=2 --atomic --hostname=hall --allow-loss=symlink-times --json - "$(ganesha_url srv /left)" <disk >out 2>err
rc=$?
want_rc 0
want_json 'j["update"]["deleted"] == 1'
same_tree "$exp/empty" "$exp/left"

# the checksum comes before the name and the boot files
# shellcheck disable=SC2086 # several words
feed_begin "$bin" extract -v $edits --boot="$WORK/boot.bad" --atomic --sha256="$(printf 'f%.0s' $(seq 64))" - "$(ganesha_url srv /bad)"
early bad.new
feed_rest disk
feed_end
want_rc 8
want_err 'nothing was swapped'
[ ! -e "$exp/bad" ] || bad "the name was taken in spite of the checksum"
[ -z "$(ls -A boot.bad)" ] || bad "boot files came in spite of the checksum"
e2e_end
