# FAT file systems of mkfs.vfat and mtools, of Linux itself, of fixtures/fat_odd.py, and on cards that we
# wrote, are to src/fat what they are to Linux' vfat: names, attributes, times, content. The kernel is the
# virtual machine's, because not every kernel that runs tests has vfat.
. "$top/tests/lib/test.sh"
. "$top/tests/lib/knfsd.sh"
. "$top/tests/lib/boot_tree.sh"
PATH=$PATH:/usr/sbin:/sbin
need mkfs.vfat mcopy python3
need_loop
cd "$WORK" || exit 1
export TZ=UTC LC_ALL=C.UTF-8
treedump=$O/tests/tools/treedump
mkdir disk
${CC:-cc} -static -O1 -o disk/dirdump "$top/tests/tools/dirdump.c" 2>cc.err || skip "no static C library: $(head -n 1 cc.err)"
boot_tree tree
mkdir -p tree/a/b/c tree/empty-folder
for n in 'Größe & Maß.txt' 日本語.txt UPPER.TXT lower.txt Mixed.txt 'two.dots.in it' .hidden "$(printf '%0200d' 7)"; do
	echo "$n" >"tree/a/b/c/$n"
done
cp -a tree disk/tree
make_fat() { # name KiB options
	mf=disk/$1.img
	shift
	truncate -s "${1}k" "$mf"
	shift
	fat_of tree "$mf" "$@"
}
make_fat fat12 3000 -F 12
make_fat fat12wide 40000 -F 12 -s 64
make_fat fat16 9000 -F 16 -s 4
make_fat fat16sector 40000 -F 16 -S 4096 -s 1
make_fat fat32 35000 -F 32 -s 1
make_fat fat32wide 280000 -F 32 -s 8
python3 "$top/fixtures/fat_odd.py" disk/odd.img || die "fat_odd.py"
"$O/tests/tools/cardwrite" -s 512 disk/fat16.img card >out || die "cardwrite"
dd if=card of=disk/card16.img bs=512 skip=1 conv=sparse 2>/dev/null
yes more | head -c 36000000 >tree/more
make_fat source32 140000 -F 32 -s 2
"$O/tests/tools/cardwrite" -s 512 disk/source32.img card >out || die "cardwrite"
grep -q '^FAT32' out || die "no FAT32 card: $(cat out)"
dd if=card of=disk/card32.img bs=512 skip=1 conv=sparse 2>/dev/null
# these the kernel fills
for i in '12 3000' '16 20000' '32 40000'; do
	truncate -s "${i#* }k" "disk/kernel${i% *}.img"
	mkfs.vfat -F "${i% *}" "disk/kernel${i% *}.img" >/dev/null 2>&1 || die "mkfs.vfat"
done

knfsd_start fat size=1200 mkfs="-d $WORK/disk"
for k in 12 16 32; do
	knfsd_do fat "cd /srv; mount -t vfat -o loop,utf8,tz=UTC kernel$k.img /tmp/said.d 2>/dev/null || { mkdir -p /tmp/m && mount -t vfat -o loop,utf8,tz=UTC kernel$k.img /tmp/m; } && cp -a tree/. /tmp/m/ 2>/dev/null; umount /tmp/m && sync" 120 >log || die "the kernel did not fill FAT$k: $(cat log)"
done
knfsd_do fat 'cd /srv; mkdir -p /tmp/m; for i in *.img; do mount -t vfat -o ro,loop,utf8,tz=UTC,umask=022 $i /tmp/m && ./dirdump -a /tmp/m >$i.dump && umount /tmp/m || exit 1; done' 300 >log || die "the kernel cannot mount: $(cat log)"
knfsd_disk fat
n=0
for img in "$disk"/*.img; do
	"$treedump" -a "$img" >got 2>err || die "${img##*/}: $(cat err)"
	diff "$img.dump" got >diff || {
		echo "${img##*/} differs ('<' is the kernel):"
		head -n 10 diff | cut -c 1-200
		failed=1
	}
	[ "$(wc -l <got)" -gt 100 ] || die "${img##*/} has only $(wc -l <got) lines"
	n=$((n + 1))
done
echo "$n file systems compared"
[ $n -eq 13 ] || die "not all were compared"
exit "${failed:-0}"
