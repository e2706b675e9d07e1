# packed.sh - a small disk image in the recipe's layout, packed by the formats' own tools. Source
# cli.sh and tiny_image.sh first.

"${img2nfs:-$O/img2nfs}" --version | grep -q 'no compressed images' && skip "the program was built without compressed images"

# packed_disk FILE: DOS table, FAT partition 1 (empty), ext4 partition 2 with some megabytes that do
# not compress.
packed_disk() {
	need sfdisk mke2fs
	mkdir -p "$WORK/tree/etc" "$WORK/tree/usr/bin"
	echo hello >"$WORK/tree/etc/motd"
	ln -s motd "$WORK/tree/etc/link"
	ln "$WORK/tree/etc/motd" "$WORK/tree/etc/hard"
	head -c 2000000 /dev/urandom >"$WORK/tree/usr/bin/blob"
	head -c 900000 /dev/zero | tr '\0' 'x' >"$WORK/tree/usr/bin/text"
	truncate -s 16M "$WORK/part"
	mke2fs -q -F -t ext4 -b 4096 -d "$WORK/tree" "$WORK/part" || die "mke2fs failed"
	truncate -s 21M "$1"
	printf 'label: dos\nlabel-id: 0x12345678\n2048,8192,c\n10240,32768,83\n' | sfdisk -q "$1" ||
		die "sfdisk failed"
	dd if="$WORK/part" of="$1" bs=512 seek=10240 conv=notrunc status=none || die "dd failed"
}

# pack KIND IMAGE FILE: 1 when its tool is not here.
pack() {
	case $1 in
	gz) pack_with gzip "gzip -c" ;;
	xz) pack_with xz "xz -0 -T1 -c" ;;
	xzmt) pack_with xz "xz -0 -T2 --block-size=4MiB -c" ;;
	zst) pack_with zstd "zstd -q --check -c" ;;
	bz2) pack_with bzip2 "bzip2 -c" ;;
	lz4) pack_with lz4 "lz4 -q -c" ;;
	lzma) pack_with xz "xz -0 --format=lzma -c" ;;
	zip) pack_with zip "zip -q - -" ;;
	7z) command -v 7z >/dev/null && rm -f "$3.7z" && 7z a -bd -mx1 "$3.7z" "$2" >"$WORK/7z.log" && mv "$3.7z" "$3" ;;
	tar) tar -cf "$3" "$2" ;;
	tgz) tar -czf "$3" "$2" ;;
	esac
}
pack_with() {
	command -v "$1" >/dev/null || return 1
	# shellcheck disable=SC2086 # words
	$2 <"$packed_image" >"$packed_file" || die "$2 failed"
}
# pack_all KIND...: files x.KIND from the image "disk"; those that could be made are in $packed.
pack_all() {
	packed=
	packed_image=disk
	for packed_kind; do
		packed_file=x.$packed_kind
		if pack "$packed_kind" disk "$packed_file"; then
			packed="$packed $packed_file"
		else
			echo "skipped: $packed_kind, its tool is not installed"
		fi
	done
	[ -n "$packed" ] || skip "no packer is installed"
}

# xz_blocks IMAGE: prints IMAGE.xz, in blocks of 24 MiB as `xz -T0` makes them; made once, as fast as xz can.
xz_blocks() {
	if [ ! "$1.xz" -nt "$1" ]; then
		xz -T0 --block-size=24MiB --lzma2=preset=0,dict=64KiB,mf=hc3,nice=2,depth=1 -c "$1" >"$1.xz.$$" &&
			mv "$1.xz.$$" "$1.xz" || return 1
	fi
	echo "$1.xz"
}

# use_debian_blocks: sets img, as use_fixture of e2e.sh does, and xz, the same in such blocks; or ends the test as skipped.
use_debian_blocks() {
	need xz
	need_loop
	use_fixture debian
	xz=$(xz_blocks "$O/fixtures/debian.img") || die "xz failed"
	xz=$(for_nobody "$xz")
}

# unpacked: of a run with -v, how many blocks were unpacked, as $WORK/err says.
unpacked() {
	sed -n 's/^img2nfs: \([0-9]*\) blocks were unpacked of the [0-9]* in .*/\1/p' "$WORK/err"
}

# debian_blocks MOUNTED: how many blocks of 24 MiB of the Debian image hold something: the used blocks of its file
# system, by dumpe2fs' free ranges.
debian_blocks() {
	dumpe2fs "$(findmnt -n -o SOURCE "$1")" >"$WORK/dump" 2>/dev/null
	sed -n 's/^  Free blocks: //p' "$WORK/dump" | tr -d ' ' | tr ',' '\n' | awk -F- -v n=$((3528040 / 8)) -v start=94208 '
		NF { for (b = $1; b <= ($2 == "" ? $1 : $2); b++) free[b] = 1 }
		END {
			for (b = 0; b < n; b++)
				if (!(b in free))
					holds[int((start * 512 + b * 4096) / (24 * 1048576))] = 1
			for (h in holds)
				c++
			print c
		}'
}
