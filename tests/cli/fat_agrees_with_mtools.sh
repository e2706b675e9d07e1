# FAT12, FAT16 and FAT32 with every size of clusters: names, sizes, times and content are what mtools
# wrote there and what it reads back.
. "$top/tests/lib/cli.sh"
. "$top/tests/lib/boot_tree.sh"
PATH=$PATH:/usr/sbin:/sbin
need mkfs.vfat mcopy
export TZ=UTC LC_ALL=C.UTF-8
boot_tree tree
# what the Pi has not
(
	cd tree || exit 1
	mkdir -p a/b/c/d/e/f empty-folder
	echo 1 >'a/Größe & Maß, zwei.txt'
	echo 2 >'a/b/日本語のとても長い名前.txt'
	echo 3 >'a/b/c/two.dots.in it'
	echo 4 >a/b/c/d/UPPER.TXT
	echo 5 >a/b/c/d/Mixed.txt
	echo 6 >a/b/c/d/e/lower.txt
	echo 7 >"a/b/c/d/e/f/$(printf '%0200d' 7)"
	find a -type f -exec touch -d '2024-02-29 12:00:02 UTC' {} +
)
"$O/tests/tools/dirdump" tree | grep '	-	' | sed 's/	-	[0-7]*	[0-9]*	[0-9]*	/	/' >want
[ "$(wc -l <want)" -gt 180 ] || die "the tree is too small"

check() { # KiB options...
	size=$1
	shift
	rm -f img
	truncate -s "${size}k" img
	echo "FAT $*, $size KiB"
	fat_of tree img "$@"
	"$O/tests/tools/treedump" img >all 2>err || die "treedump of FAT $*: $(cat err)"
	[ ! -s err ] || die "notes about a sound FAT $*: $(cat err)"
	grep '	-	' all | sed 's/	-	0755	0	0	/	/' >got
	diff want got >diff || die "FAT $* differs: $(head -n 5 diff)"
	grep -q '^./overlays	d	0755	0	0	mtime=' all || die "no overlays in FAT $*"
	grep -q '^./empty-folder	d	' all || die "no empty folder in FAT $*"
}

check 2000 -F 12 -s 1
check 4000 -F 12 -s 2
check 15000 -F 12 -s 8
check 60000 -F 12 -s 64 -f 1 -r 512
check 120000 -F 12 -s 128
for s in 1 4 16 64 128; do
	check $((s * 2100 + 3000)) -F 16 -s $s
done
check 200000 -F 16 -s 8 -S 2048
for s in 1 8 64; do
	check $((s * 33000 + 2000)) -F 32 -s $s
done
check 300000 -F 32 -S 4096 -s 1
check 600000 -F 32 -n BOOTFS -i 8e5a1c0d
# and read back by mtools
rm -rf back && mkdir back
mcopy -s -m -i img ::/ back
"$O/tests/tools/dirdump" back | grep '	-	' | sed 's/	-	[0-7]*	[0-9]*	[0-9]*	/	/' | diff want - || die "mtools itself changes them"
