# spread_image.sh - an ext4 file system on which nothing is in one place: made by the kernel, with
# small groups that have their inode tables in themselves. Source test.sh first; needs loop mounts.
#
# spread_image FILE: about 60 MiB, 8 groups. A directory whose blocks lie far apart, files in several
# extents, hard links between directories, symlinks short and long, holes, attributes in blocks,
# devices. Its journal is empty.
spread_image() {
	truncate -s 64M "$1"
	# the kernel spreads directories by a hash of their names
	mke2fs -q -F -t ext4 -b 1024 -I 256 -N 4096 -O ^flex_bg,^resize_inode,metadata_csum \
		-E hash_seed=01234567-89ab-cdef-0123-456789abcdef -J size=4 "$1" || die "mke2fs failed"
	mkdir -p "$WORK/spread"
	mount -o loop "$1" "$WORK/spread" || die "cannot mount $1"
	python3 - "$WORK/spread" <<'EOP'
import os, random, sys
root = sys.argv[1]
noise = random.Random(7)
def put(path, n, mtime):
    with open(path, "wb") as f:
        f.write(noise.randbytes(n))
    os.utime(path, (1000000000, mtime))
os.mkdir(f"{root}/many")
for top in range(12):
    d = f"{root}/top{top:02d}"
    os.makedirs(f"{d}/sub/deep")
    for i in range(60):
        put(f"{d}/f{i:02d}", noise.randrange(1, 9000), 1100000000 + i)
        # the large directory grows with all of them, so its blocks lie among their data
        put(f"{root}/many/a-rather-long-name-{top:02d}-{i:02d}", noise.randrange(0, 300), 1200000000 + i)
    put(f"{d}/sub/big", 2500000, 1300000000)
    put(f"{d}/sub/deep/last", 100, 1300000001)
    os.symlink("sub/big", f"{d}/short")
    os.symlink("x" * 200, f"{d}/long")
    os.mkfifo(f"{d}/fifo")
    os.mknod(f"{d}/null", 0o20666, os.makedev(1, 3))
    with open(f"{d}/holes", "wb") as f:
        for k in range(8):
            f.seek(k * 100000)
            f.write(noise.randbytes(1500))
    os.chown(f"{d}/f00", 1000 + top, 2000)
    os.chmod(f"{d}/f01", 0o4755)
    os.chmod(f"{d}/f03", 0o755)
    os.setxattr(f"{d}/f03", "security.capability", b"\x01\x00\x00\x02" + b"\0\x20\0\0" + b"\0" * 12)
    os.setxattr(f"{d}/f02", "user.big", b"v" * 600)
    os.setxattr(f"{d}/sub", "user.big", b"w" * 600)
for top in range(12):
    # two names far from each other, in both orders
    os.link(f"{root}/top{top:02d}/f10", f"{root}/top{11 - top:02d}/linked{top}")
    os.link(f"{root}/top{top:02d}/sub/big", f"{root}/many/big{top:02d}")
    # parts of two files in turn
    files = [open(f"{root}/top{top:02d}/mixed{k}", "wb") for k in range(2)]
    for k in range(12):
        for f in files:
            f.write(noise.randbytes(9000))
            f.flush()
            os.fsync(f.fileno())
    for f in files:
        f.close()
for dir, _, _ in os.walk(root, topdown=False):
    if "lost+found" not in dir:
        os.utime(dir, (900000000, 900000000 + len(dir)))
EOP
	umount_written "$WORK/spread"
	chmod 644 "$1"
}
