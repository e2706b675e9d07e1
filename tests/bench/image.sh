#!/bin/sh
# Makes an image for the benchmark, unless it is there, and prints its name.
#
#	image.sh small N	N files of 1 to 4096 bytes, 100 in a directory
#	image.sh large MB	4 files of MB megabytes of noise
#
# The images are kept in $O/fixtures.
set -u
kind=$1 n=$2
img=$O/fixtures/bench-$kind-$n.img
[ ! -e "$img" ] || {
	echo "$img"
	exit 0
}
mkdir -p "$O/fixtures" || exit 1
tree=$(mktemp -d "$O/fixtures/bench.XXXXXX") || exit 1
trap 'rm -rf "$tree" "$img.part"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
python3 - "$kind" "$n" "$tree" <<'EOP' || exit 1
import os, random, sys
kind, n, tree = sys.argv[1], int(sys.argv[2]), sys.argv[3]
noise = random.Random(1)
if kind == "small":
    pool = noise.randbytes(1 << 16)
    for i in range(n):
        d = f"{tree}/d{i // 100:04d}"
        if i % 100 == 0:
            os.mkdir(d)
        at, size = i * 31 % 60000, 1 + i * 7919 % 4096
        with open(f"{d}/f{i % 100:02d}", "wb") as f:
            f.write(pool[at:at + size])
else:
    for i in range(4):
        with open(f"{tree}/f{i}", "wb") as f:
            for _ in range(n):
                f.write(noise.randbytes(1 << 20))
EOP
case $kind in
small) blocks=$((n * 5 + 30000)) inodes=$((n + n / 50 + 2000)) ;;
large) blocks=$((4 * n * 1024 + n * 64 + 100000)) inodes=1000 ;;
esac
mke2fs -q -F -t ext4 -b 4096 -N $inodes -d "$tree" "$img.part" ${blocks}k >&2 || exit 1
chmod 644 "$img.part"
mv "$img.part" "$img"
echo "$img"
