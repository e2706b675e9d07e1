# The image of a memory card: sfdisk and fsck.vfat find nothing wrong with it, its files are those that
# went in, mtools reads them, and it is the same each time.
. "$top/tests/lib/cli.sh"
. "$top/tests/lib/boot_tree.sh"
PATH=$PATH:/usr/sbin:/sbin
need mkfs.vfat fsck.vfat sfdisk mcopy
export TZ=UTC LC_ALL=C.UTF-8
boot_tree tree
mkdir -p tree/deep/er/est
for n in lower.txt UPPER.TXT Mixed.Txt .hidden 'with space.txt' two.dots.txt 'Größe.txt' 日本語.txt a+b,c=d a.b-longer "$(printf '%0240d' 9)"; do
	echo "$n" >"tree/deep/$n"
	echo "$n" >"tree/deep/er/est/$n"
done

check() { # name, kind of the result, START; the rest makes the image
	name=$1 kind=$2 start=$3
	shift 3
	fat_of tree from.img "$@"
	"$O/tests/tools/cardwrite" -s "$start" -d 0x8a676486 from.img card.img >out 2>err || die "$name: status $?: $(cat err)"
	grep -q "^$kind " out || die "$name: not $kind: $(cat out)"
	[ ! -s err ] || die "$name: $(cat err)"
	sfdisk --verify card.img >sf 2>&1 || die "$name: sfdisk: $(cat sf)"
	grep -q 'No errors' sf || die "$name: sfdisk: $(cat sf)"
	sfdisk -d card.img >sf
	grep -q '^label-id: 0x8a676486' sf || die "$name: $(cat sf)"
	grep -q "^card.img1 : start= *$((start / 512))," sf || die "$name: $(cat sf)"
	dd if=card.img of=part.img bs=512 skip=$((start / 512)) conv=sparse 2>/dev/null
	fsck.vfat -n part.img >fsck 2>&1 || die "$name: fsck.vfat: $(cat fsck)"
	[ "$(wc -l <fsck)" -eq 2 ] || die "$name: fsck.vfat: $(cat fsck)"
	"$O/tests/tools/treedump" -a from.img >want
	"$O/tests/tools/treedump" -a part.img | diff want - >diff || die "$name differs: $(head -n 5 diff)"
	[ "$(mtype -i "card.img@@$start" ::cmdline.txt)" = "$(cat tree/cmdline.txt)" ] || die "$name: mtype"
	rm -rf back && mkdir back
	mcopy -s -m -i "card.img@@$start" ::/ back || die "$name: mcopy"
	diff -r tree back >diff || die "$name: mtools: $(head -n 5 diff)"
	[ "$(mlabel -s -i "card.img@@$start" ::)" = "$(mlabel -s -i from.img ::)" ] || die "$name: label"
	[ "$(od -An -tx4 -j39 -N4 part.img)" = "$(od -An -tx4 -j39 -N4 from.img)" ] || [ "$kind" = FAT32 ] || die "$name: serial"
	cp card.img first.img
	"$O/tests/tools/cardwrite" -s "$start" from.img card.img >out 2>err
	cmp first.img card.img || die "$name: not the same twice"
}

truncate -s 16m from.img
check 'FAT16 from FAT16' FAT16 $((8192 * 512)) -F 16 -n BOOTFS -i 8e5a1c0d
# what is free between the files and in the last part of the image is a hole
[ "$(du -k card.img | cut -f 1)" -lt 2600 ] || die "the card takes $(du -k card.img)"
rm from.img && truncate -s 12m from.img
check 'FAT16 from FAT12' FAT16 1048576 -F 12 -s 8
yes large | head -c 40000000 >tree/zz-large
rm from.img && truncate -s 128m from.img
check 'FAT32 from FAT32' FAT32 $((16384 * 512)) -F 32 -s 2 -n bootfs -i 12345678
