# boot_tree.sh - a boot partition as Raspberry Pi OS has it, in small, and FAT images of it.
#
#	boot_tree DIR			makes the tree: names, folders and sizes as there, content made up
#	fat_of DIR IMAGE [OPTION...]	a FAT file system of DIR; options are those of mkfs.vfat

boot_tree() {
	mkdir -p "$1/overlays"
	(
		cd "$1" || exit 1
		for bt_f in bootcode.bin start.elf start4.elf start4cd.elf start4x.elf start_x.elf fixup.dat fixup4.dat \
			fixup4cd.dat fixup_x.dat bcm2708-rpi-zero-w.dtb bcm2710-rpi-3-b-plus.dtb bcm2711-rpi-4-b.dtb \
			bcm2712-rpi-5-b.dtb LICENCE.broadcom kernel.img kernel8.img kernel_2712.img initramfs8 \
			initramfs_2712; do
			bt_bytes "$bt_f" $((${#bt_f} * 1999))
		done
		bt_bytes large 700000
		echo 'console=serial0,115200 console=tty1 root=PARTUUID=8a676486-02 rootfstype=ext4 fsck.repair=yes rootwait quiet init=/usr/lib/raspberrypi-sys-mods/firstboot' >cmdline.txt
		printf '# For more options see http://rptl.io/configtxt\nauto_initramfs=1\n[cm4]\notg_mode=1\n' >config.txt
		echo 'Raspberry Pi reference 2024-11-19' >issue.txt
		: >empty
		bt_i=0
		while [ $bt_i -lt 150 ]; do
			bt_bytes "overlays/a-device-tree-overlay-$bt_i.dtbo" $((bt_i * 23))
			bt_i=$((bt_i + 1))
		done
		bt_bytes overlays/README 20000
		bt_bytes overlays/vc4-kms-v3d-pi4.dtbo 3913
		# times of FAT: even seconds
		find . -type f -exec touch -d '2024-11-19 14:30:22 UTC' {} +
		touch -d '1999-12-31 23:59:58 UTC' issue.txt
		touch -d '2031-07-01 00:00:00 UTC' overlays/README
	) || exit 1
}

# Content that differs from file to file and from block to block.
bt_bytes() {
	yes "$1" | awk '{ print NR, $0 }' | head -c "$2" >"$1"
}

fat_of() {
	fo_dir=$1 fo_img=$2
	shift 2
	mkfs.vfat "$@" "$fo_img" >fat_of.log 2>&1 || {
		cat fat_of.log >&2
		exit 1
	}
	TZ=UTC LC_ALL=C.UTF-8 mcopy -s -m -i "$fo_img" "$fo_dir"/* ::/ || exit 1
}
