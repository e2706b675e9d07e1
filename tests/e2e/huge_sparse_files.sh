# Files of 1 TiB and of 16 TiB - 4 KiB, the largest that ext4 can hold, with a few blocks of data each: they arrive with
# the same data in the same places and holes between, without a request for a hole.
. "$top/tests/lib/e2e.sh"
need python3
need_loop
img=$WORK/huge.img
mnt=$WORK/mnt
mkdir "$mnt"
truncate -s 64M "$img"
mke2fs -q -F -t ext4 -b 4096 -E root_owner=0:0 "$img" || die "mke2fs failed"
mount -t ext4 -o loop "$img" "$mnt" || skip "cannot mount"
python3 - "$mnt" <<'EOP' || die "cannot write the files"
import os, sys
for name, size in (("one", 1 << 40), ("largest", (1 << 44) - 4096)):
    fd = os.open(os.path.join(sys.argv[1], name), os.O_CREAT | os.O_RDWR, 0o640)
    for at in (4096, size // 3 & ~4095, size // 2 & ~4095, size - 3 * 4096):
        os.pwrite(fd, (name + str(at)).encode() * 100, at)
    os.ftruncate(fd, size)
    os.close(fd)
EOP
umount "$mnt"
chmod a+r "$img"
img=$(for_nobody "$img") || die "no image for nobody"
mount_ro "$img" "$mnt"
serve
extract --json "$img" "$(ganesha_url srv /root)"
if grep -q "takes no files larger" "$WORK/out" "$WORK/err"; then
	skip "the server's file system takes no such files"
fi
want_rc 0
want_json '4 <= j["requests"]["WRITE"] <= 9'
same_data() {
	python3 - "$mnt" "$exp/root" <<'EOP' || bad "data or holes differ"
import os, sys

def data(path):
    """The bytes that are not zero, by offset; only what lseek() calls data is read, and that must be little."""
    fd, at, found, read = os.open(path, os.O_RDONLY), 0, {}, 0
    size = os.fstat(fd).st_size
    while at < size:
        try:
            at = os.lseek(fd, at, os.SEEK_DATA)
        except OSError:
            break
        end = os.lseek(fd, at, os.SEEK_HOLE)
        while at < end:
            block = os.pread(fd, 4096, at)
            read += len(block)
            assert read < 1 << 20, "not sparse: " + path
            if block.strip(b"\0"):
                found[at] = block
            at += 4096
    return size, found

for name in ("one", "largest"):
    a, b = (data(os.path.join(d, name)) for d in sys.argv[1:3])
    assert len(a[1]) >= 4, a
    assert a == b, (name, a[0], b[0], sorted(a[1]), sorted(b[1]))
EOP
}
same_data

# --checksum reads the data back, and none of the holes.
extract --json --update --checksum "$img" "$(ganesha_url srv /root)"
want_rc 0
want_json "j['bytes_written'] == 0 and 0 < j['requests']['READ'] < 100"
want_json "j['update']['equal'] == j['stored']['total']"
want_json "0 < j['update']['bytes_compared'] < 1 << 20 and j['update']['hole_bytes'] > 1 << 44"

# One byte that nothing but reading shows: size, mtime and blocks are as they were.
ganesha_stop srv
cp --preserve=timestamps --attributes-only "$exp/root/largest" "$WORK/stamp"
at=$(((1 << 44) - 4096 - 3 * 4096 + 5))
printf x | dd of="$exp/root/largest" bs=1 seek="$at" conv=notrunc 2>/dev/null
touch -r "$WORK/stamp" "$exp/root/largest"
ganesha_run srv || die "the server does not start again"
extract --json --update "$img" "$(ganesha_url srv /root)"
want_json "j['update']['replaced'] == 0"
extract --json --update --checksum "$img" "$(ganesha_url srv /root)"
want_rc 0
want_json "j['update']['replaced'] == 1"
same_data
e2e_end
