# What cannot be read is named, with what to do about it: encrypted and pooled disks, other file systems, compressed and
# virtual disks (made by the real tools), random bytes, zeros. Status 3, one line. A missing tool skips its rows only.
. "$top/tests/lib/cli.sh"
PATH=$PATH:/usr/sbin:/sbin
rows=0 skipped=0

# row TOOL COMMAND MESSAGE [HINT]: the command makes the file x
row() {
	if ! command -v "$1" >/dev/null 2>&1; then
		echo "skipped: $3 ($1 is not installed)"
		skipped=$((skipped + 1))
		return
	fi
	rm -rf x
	sh -c "$2" >log 2>&1 || die "$2: failed: $(cat log)"
	rows=$((rows + 1))
	for to in "extract x null:" list; do
		[ "$to" != list ] || case $3 in
		*'it is compressed'* | *' archive' | *' disk'* | *'Android'* | *'known to img2nfs') to="list x" ;;
		*) continue ;; # a known file system is listed, not refused
		esac
		# shellcheck disable=SC2086 # words
		run 3 $to
		says "cannot read 'x': $3"
		[ -z "${4:-}" ] || hints "$4"
		one_line
	done
}

head -c 300000 /dev/urandom >random
# a raw disk with something in it, for the tools that pack
mkdir d
echo text >d/file
truncate -s 8M disk
mke2fs -q -t ext4 disk 2>log || die "mke2fs failed"

row true 'cp random x' "no partition table and no file system known to img2nfs" "--offset"
row true 'truncate -s 1M x' "no partition table and no file system known to img2nfs" "it begins and ends with zeros"
row true 'printf a >x' "no partition table and no file system known to img2nfs"
row cryptsetup 'truncate -s 4M x; echo p | cryptsetup -q luksFormat --type luks1 --pbkdf-force-iterations 1000 x' \
	"it is encrypted (LUKS)" "cryptsetup open"
row mkfs.xfs 'truncate -s 320M x; mkfs.xfs -q x' "it holds xfs, not ext2, ext3 or ext4"
row mkfs.btrfs 'truncate -s 128M x; mkfs.btrfs -q x' "it holds btrfs, not ext2, ext3 or ext4"
row mksquashfs 'mksquashfs d x -quiet' "it holds squashfs, not ext2, ext3 or ext4"
row mkfs.f2fs 'truncate -s 64M x; mkfs.f2fs -q x' "it holds f2fs, not ext2, ext3 or ext4"
row mkfs.vfat 'truncate -s 4M x; mkfs.vfat x' "it holds vfat, not ext2, ext3 or ext4"
row mkntfs 'truncate -s 8M x; mkntfs -q -F x' "it holds ntfs, not ext2, ext3 or ext4"
row mkswap 'truncate -s 1M x; mkswap -q x' "it holds swap, not ext2, ext3 or ext4"
# only a program that was built without the libraries refuses these
if "$img2nfs" --version | grep -q 'no compressed images'; then
	row gzip 'gzip -c disk >x' "it is compressed with gzip" "gzip -dk 'x'"
	row xz 'xz -c disk >x' "it is compressed with xz" "built without the libraries"
	row xz 'xz --format=lzma -c disk >x' "it is compressed with lzma" "xz -dk --format=lzma 'x'"
	row zstd 'zstd -q -c disk >x' "it is compressed with zstd" "zstd -d 'x'"
	row bzip2 'bzip2 -c disk >x' "it is compressed with bzip2" "bzip2 -dk 'x'"
	row lz4 'lz4 -q -c disk >x' "it is compressed with lz4" "lz4 -d 'x'"
	row zip 'zip -q x.zip disk; mv x.zip x' "it is a zip archive" "unzip 'x'"
	row 7z '7z a x.7z disk; mv x.7z x' "it is a 7z archive" "7z x 'x'"
	row tar 'tar -cf x d' "it is a tar archive" "tar -xf 'x'"
	# a checksum that cannot be compared is not passed over in silence
	echo "$(printf '%064d' 0)  disk" >disk.sha256
	run 0 extract disk null:
	says "cannot be compared"
	run 2 extract --sha256="$(printf '%064d' 0)" disk null:
	says "option '--sha256': this img2nfs was built without the library for it"
	rm disk.sha256
	cat disk | "$img2nfs" extract --quiet - null: || die "a plain image from a pipe is not read"
fi
row ar 'ar rc x d/file' "it is an ar archive or a Debian package"
"$img2nfs" --version | grep -q 'no compressed images' || row qemu-img 'qemu-img create -q -f qcow2 -F raw -b disk x' "it is a qcow2 disk that only holds the differences" \
	"qemu-img convert -O raw 'x' OUTPUT"
row qemu-img 'qemu-img convert -O qed disk x' "it is a QED disk" "qemu-img convert -O raw"
row qemu-img 'qemu-img convert -O parallels disk x' "it is a Parallels disk" "qemu-img convert -O raw"
row qemu-img 'qemu-img convert -O vmdk disk x' "it is a VMware disk (vmdk)" "qemu-img convert -O raw"
row qemu-img 'qemu-img convert -O vdi disk x' "it is a VirtualBox disk (vdi)" "qemu-img convert -O raw"
row qemu-img 'qemu-img convert -O vhdx disk x' "it is a Hyper-V disk (vhdx)" "qemu-img convert -O raw"
row qemu-img 'qemu-img convert -O vpc disk x' "it is a dynamic VHD disk" "qemu-img convert -f vpc -O raw"
# the trailer of an UDIF image: "koly", version 4, 512 bytes; what comes before may look like anything
row true '{ cat random && printf "koly\000\000\000\004\000\000\002\000" && head -c 500 /dev/zero; } >x' \
	"it is an Apple disk image (dmg)" "qemu-img convert -f dmg -O raw 'x' OUTPUT"
# EWF, 3.1 of libewf's description of the format
row true 'printf "EVF\011\015\012\377\000" | cat - random >x' "it is an EWF (EnCase) disk image" "ewfexport"
# sparse header of AOSP's libsparse/sparse_format.h: magic 0xed26ff3a, version 1.0, then nothing; and version 2
row true "printf '\\072\\377\\046\\355\\001\\000\\000\\000\\034\\000\\014\\000' >x" \
	"the Android sparse image is damaged: it ends in its header" "download it again"
row true "printf '\\072\\377\\046\\355\\002\\000\\000\\000' | cat - random >x" \
	"it is an Android sparse image of version 2, known is 1"

# what has no name of its own is not called so in the command
if command -v qemu-img >/dev/null && ! "$img2nfs" --version | grep -q 'no compressed images'; then
	qemu-img convert -O vmdk disk x || die "qemu-img failed"
	ran="vmdk from a pipe" rc=0
	"$img2nfs" extract - null: <x >out 2>err || rc=$?
	[ $rc -eq 3 ] || die "$ran: status $rc: $(cat err)"
	says "cannot read standard input: it is a VMware disk (vmdk)"
	hints "save it, unpacked, as FILE and make a raw image of it: qemu-img convert -O raw FILE OUTPUT"
	one_line
	gzip -c x >x.gz
	run 3 extract x.gz null:
	says "cannot read 'x.gz': it is a VMware disk (vmdk)"
	hints "as FILE and"
	one_line
	if command -v zip >/dev/null; then
		zip -q x.zip x
		run 3 extract x.zip null:
		says "cannot read 'x.zip:x': it is a VMware disk (vmdk)"
		one_line
	fi
fi

run 3 extract absent null:
says "cannot open 'absent': No such file or directory"
: >empty
run 3 extract empty null:
says "cannot use 'empty' as an image: it is empty"
run 3 extract d null:
says "cannot use 'd' as an image: it is a directory"
echo "$rows rows, $skipped skipped"
[ $rows -gt 0 ]
