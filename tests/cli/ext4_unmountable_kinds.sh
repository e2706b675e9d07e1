#!/bin/sh
# Kinds of ext4 that many kernels do not mount (blocks larger than a page, casefold, all features at once): truth is the
# folder that mke2fs -d made them from. Its times have no nanoseconds, and it makes its own holes.
set -eu
. "$top/tests/lib/test.sh"
need mke2fs diff
cd "$WORK"
tab=$(printf '\t')
bad=0
mkdir -p src/dir src/many src/Case
printf abc >src/dir/small
printf '%70000s' x >src/dir/medium
head -c 700000 /dev/urandom >src/dir/large
truncate -s 5000000 src/dir/holes
printf end >>src/dir/holes
ln src/dir/small src/Case/HARD
ln -s "$(printf '%0200d' 7)" src/dir/slow
ln -s small src/dir/fast
mkfifo src/dir/fifo
touch "src/$(printf '%0255d' 1)"
i=0
while [ $i -lt 700 ]; do
	: >"src/many/a-long-name-that-fills-blocks-$i"
	i=$((i + 1))
done
find src -exec touch -h -d '2020-02-02 02:02:02' {} +
"$O/tests/tools/dirdump" src | sed "s/${tab}data=.*//" >want

check() {
	name=$1
	shift
	rm -f img
	truncate -s 192M img
	mke2fs -q -F -t ext4 -d src "$@" img 2>err || { cat err; bad=1; return; }
	rc=0
	"$O/tests/tools/treedump" img 2>notes | sed "s/${tab}data=.*//" >all || rc=$?
	grep -v '^\./lost+found' all | sed '1s/mtime=[0-9.]*/mtime=1580608922.000000000/' >got
	sed '1s/mtime=[0-9.]*/mtime=1580608922.000000000/' want >want1
	[ -s notes ] && { echo "$name: notes"; head -3 notes; bad=1; }
	diff want1 got >differs || { echo "$name: differs"; head -4 differs; bad=1; }
	echo "$name: $(wc -l <got) objects"
}

for bs in 1024 2048 4096 8192 16384 32768 65536; do
	check "blocks of $bs" -b $bs
	check "blocks of $bs, no extents" -b $bs -O ^extent,^64bit,^metadata_csum,^flex_bg
done
check "blocks of 65536, inline" -b 65536 -I 1024 -O inline_data
check "casefold" -O casefold -E encoding=utf8
check "casefold, encrypt, verity" -b 2048 -O casefold,encrypt,verity,stable_inodes,inline_data -I 512
check "clusters of 256 KiB" -b 4096 -N 1024 -O bigalloc -C 262144
check "inodes of 4096" -b 4096 -I 4096 -N 2048 -O inline_data,ea_inode
exit $bad
