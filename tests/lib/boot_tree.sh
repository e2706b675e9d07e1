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

# pi_disk IMAGE TREE [mkfs.vfat option...]: a disk as Raspberry Pi OS has it, in small: disk id 0x8a676486,
# FAT with TREE from sector 8192 on, then ext4 with a root that a profile recognises (below root/).
pi_disk() {
	pi_root
	pi_disk_of "$@"
}

pi_root() {
	rm -rf root && mkdir -p root/etc root/usr/lib/systemd root/boot/firmware root/sbin
	echo 'Raspberry Pi reference 2024-11-19' >root/etc/rpi-issue
	printf 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nID=debian\nVERSION_CODENAME=bookworm\n' >root/etc/os-release
	printf 'proc /proc proc defaults 0 0\nPARTUUID=8a676486-01 /boot/firmware vfat defaults 0 2\nPARTUUID=8a676486-02 / ext4 defaults,noatime 0 1\n' >root/etc/fstab
	echo raspberrypi >root/etc/hostname
	echo init >root/sbin/init
	echo tool >root/sbin/mount.nfs
}

# The same of what is in root/ now.
pi_disk_of() {
	pd_img=$1 pd_tree=$2
	shift 2
	rm -f boot.fat root.ext4 "$pd_img"
	truncate -s 16m boot.fat
	fat_of "$pd_tree" boot.fat -n bootfs -i 8e5a1c0d -h 8192 "$@"
	mke2fs -q -F -t ext4 -L rootfs -E root_owner=0:0 -d root root.ext4 8m || exit 1
	truncate -s 32m "$pd_img"
	printf 'label: dos\nlabel-id: 0x8a676486\nstart=8192,size=32768,type=c\nstart=40960,size=16384,type=83\n' |
		sfdisk -q "$pd_img" >/dev/null || exit 1
	dd if=boot.fat of="$pd_img" bs=1M seek=4 conv=notrunc,sparse 2>/dev/null
	dd if=root.ext4 of="$pd_img" bs=1M seek=20 conv=notrunc,sparse 2>/dev/null
	rm -f boot.fat root.ext4
}

# boot_rig: for tests with a server. $img, a disk of $WORK/tree that nobody can read; sets $exp. Source e2e.sh before.
boot_rig() {
	need_loop
	need mkfs.vfat mcopy sfdisk mke2fs
	cd "$WORK" || exit 1
	export TZ=UTC LC_ALL=C.UTF-8
	boot_tree tree
	pi_disk pi.img tree
	chmod a+r pi.img
	img=$(for_nobody "$WORK/pi.img") || die "no image for nobody"
	serve
}

# What --netboot makes of boot_tree's cmdline.txt: nfsroot_line IPV4:PATH
pi_line() {
	echo "console=serial0,115200 console=tty1 root=/dev/nfs nfsroot=$1,vers=3,tcp rw ip=dhcp rootwait quiet"
}
