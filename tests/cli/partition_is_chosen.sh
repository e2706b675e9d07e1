# --partition and --offset: auto takes the one ext partition, or of several the one with a Linux
# root, and says so; where it cannot tell it refuses and lists the candidates; N, LABEL=, UUID= and
# PARTUUID= are exact.
. "$top/tests/lib/cli.sh"
PATH=$PATH:/usr/sbin:/sbin
need sfdisk sgdisk mke2fs mkfs.vfat mkswap

mkdir -p root/etc root/sbin data home/user
echo one >root/etc/hostname
: >root/sbin/init
echo three >data/three
truncate -s 8M root.fs data.fs vfat.fs swap.fs
mke2fs -q -t ext4 -L root -U 00000000-1111-2222-3333-444444444444 -d root root.fs
mke2fs -q -t ext4 -L data -U aaaaaaaa-1111-2222-3333-444444444444 -d data data.fs
mkfs.vfat -n BOOT vfat.fs >log
mkswap -q swap.fs >log 2>&1

# disk IMAGE FILE...: a DOS disk of 8 MiB partitions with these contents
disk() {
	image=$1
	shift
	rm -f "$image"
	truncate -s $((1 + 9 * $#))M "$image"
	{
		printf 'label: dos\nlabel-id: 0x12345678\n'
		for f; do
			echo ',8M,L'
		done
	} | sfdisk -q "$image"
	at=1
	for f; do
		dd if="$f" of="$image" bs=1M seek=$at conv=notrunc,sparse 2>log
		at=$((at + 8))
	done
}

# takes N: the run before read partition N ("-": none)
takes() {
	case $1 in
	-) grep -q '"partition": null' out || die "$ran: a partition was taken: $(cat out)" ;;
	*) grep -q "\"partition\": $1[,}]" out || die "$ran: not partition $1: $(cat out)" ;;
	esac
}

try() {
	run 0 extract --quiet --json "$@" null:
}

disk one vfat.fs root.fs swap.fs
try one
takes 2
[ ! -s err ] || die "one ext partition is nothing to talk about"
run 0 extract --quiet -v one null:
says "partition 2 of 'one' is taken: no other one holds an ext file system"

disk two data.fs root.fs
try two
takes 2
says "partition 2 of 'two' is taken: of its ext file systems only this one looks like a Linux root"
try --partition=1 two
takes 1
try --partition LABEL=data two
takes 1
try --partition UUID=AAAAAAAA-1111-2222-3333-444444444444 two
takes 1
try --partition PARTUUID=12345678-02 two
takes 2
try --offset $((1 << 20)) two
takes -
try --offset 1M two
run 3 extract --offset 2M two null:
says "no ext2, ext3 or ext4 file system at offset 2097152 of 'two'"
one_line
run 3 extract --offset 1G two null:
says "cannot read 'two' at offset 1073741824: it ends at 19922944"
one_line
run 2 extract --offset 1M --partition 1 two null:
says "give either --partition or --offset, not both"

disk none data.fs data.fs
run 3 extract none null:
says "cannot choose between the ext file systems of 'none': none looks like a Linux root"
hints "choose one with --partition N:"
hints "   1     8.4 MB  ext4  'data'"
hints "   2     8.4 MB  ext4  'data'"
one_line
run 3 extract --partition LABEL=data none null:
says "more than one partition of 'none' is 'LABEL=data'"
one_line
run 3 extract --partition UUID=aaaaaaaa-1111-2222-3333-444444444444 none null:
says "more than one partition of 'none' is 'UUID=aaaaaaaa-1111-2222-3333-444444444444'"
disk both root.fs root.fs
run 3 extract both null:
says "more than one looks like a Linux root"
run 3 extract --partition LABEL=nothing both null:
says "nothing in 'both' is 'LABEL=nothing'"
hints "ext4  'root'"
run 3 extract --partition 7 both null:
says "there is no partition 7 in 'both'"
one_line
for bad in 0 x LABEL= label=root 1x -1 ''; do
	run 2 extract --partition="$bad" both null:
	hints "it takes auto, a number, LABEL=..., UUID=... or PARTUUID=..."
	one_line
done

# no ext at all: what there is instead
disk other vfat.fs swap.fs
run 3 extract other null:
says "no ext2, ext3 or ext4 file system in 'other'"
hints "   1     8.4 MB  vfat  'BOOT'"
hints "   2     8.4 MB  swap"
one_line
run 3 extract --partition 1 other null:
says "cannot read partition 1 of 'other': it holds vfat, not ext2, ext3 or ext4"
run 3 extract --partition LABEL=BOOT other null:
says "cannot read partition 1 of 'other': it holds vfat, not ext2, ext3 or ext4"

# a bare file system
try root.fs
takes -
try --partition LABEL=root root.fs
run 3 extract --partition 1 root.fs null:
says "there is no partition 1 in 'root.fs'"
hints "it has no partition table; leave out --partition"

# GPT, with the partition's own UUID; and logical partitions
truncate -s 30M gpt
sgdisk -n 1:2048:+8M -u 1:11111111-aaaa-bbbb-cccc-222222222222 gpt >log
dd if=root.fs of=gpt bs=1M seek=1 conv=notrunc,sparse 2>log
try --partition PARTUUID=11111111-AAAA-bbbb-cccc-222222222222 gpt
takes 1
truncate -s 30M logical
printf 'label: dos\nstart=2048,type=5\nstart=4096,size=16384\n' | sfdisk -q logical
dd if=root.fs of=logical bs=1M seek=2 conv=notrunc,sparse 2>log
sfdisk -d logical >log
grep -q '^logical5 : start= *4096,' log || die "sfdisk made another table: $(cat log)"
try logical
takes 5
run 3 extract --partition 1 logical null:
says "cannot read partition 1 of 'logical': it is an extended partition, which only holds others"

# only backup superblocks are left: in a partition among others, and alone
truncate -s 24M big.fs
mke2fs -q -t ext4 -b 1024 -d root big.fs
dd if=/dev/zero of=big.fs bs=1024 count=2 conv=notrunc 2>log
truncate -s 40M broken
printf 'label: dos\n,8M,c\n,24M,L\n' | sfdisk -q broken
dd if=vfat.fs of=broken bs=1M seek=1 conv=notrunc,sparse 2>log
dd if=big.fs of=broken bs=1M seek=9 conv=notrunc,sparse 2>log
try broken
takes 2
says "using the backup"
run 0 list broken
prints "ext4"
try big.fs
takes -

# cut short
truncate -s 15M one
run 3 extract --quiet one null:
says "cannot read partition 2 of 'one': the image is cut short, 2097152 bytes are missing"
hints "copy or download the image again"
one_line
truncate -s 15M two
run 3 extract --quiet two null:
says "cannot read partition 2 of 'two': the image is cut short, 2097152 bytes are missing"
try --partition 1 two
takes 1
truncate -s 8M one
run 3 extract --quiet one null:
says "cannot read partition 2 of 'one': the image is cut short, 8388608 bytes are missing"
