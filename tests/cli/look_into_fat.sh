# ls, stat and cat look into a FAT partition that is chosen, or a FAT image; extract does not take one for
# a root.
. "$top/tests/lib/cli.sh"
. "$top/tests/lib/boot_tree.sh"
PATH=$PATH:/usr/sbin:/sbin
need mkfs.vfat mcopy mke2fs sfdisk
boot_tree tree
pi_disk pi.img tree
run 0 ls --partition 1 pi.img:/
ls tree >want
diff want out || die "ls"
run 0 cat --partition 1 pi.img:/overlays/README
cmp out tree/overlays/README || die "cat"
run 0 stat --partition 1 pi.img:/overlays/vc4-kms-v3d-pi4.dtbo
prints '2024-11-19 14:30:22.000000000'
prints 3913
run 0 stat --json --partition LABEL=bootfs pi.img:/cmdline.txt
prints '"mode": "0755"'
prints '"extended_attributes": []'
run 0 ls --offset 4M -R pi.img
[ "$(wc -l <out)" -gt 170 ] || die "ls -R: $(cat out)"
dd if=pi.img of=bare bs=1M skip=4 count=16 2>/dev/null
run 0 cat bare:cmdline.txt
cmp out tree/cmdline.txt || die "cat of a bare FAT image"
run 0 cat pi.img:/etc/hostname	# without a choice it is the root
run 3 extract --partition 1 pi.img null:
says 'it holds vfat, not ext2, ext3 or ext4'
