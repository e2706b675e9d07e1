# A block device serves as image: its size and sector size (512 or 4096, from the device) are the
# system's, its table is what sfdisk reads from the same device, and its file system can be read.
. "$top/tests/lib/cli.sh"
PATH=$PATH:/usr/sbin:/sbin
need sfdisk sgdisk losetup blockdev mke2fs python3
need_loop

# check IMAGE SECTOR-SIZE: list of the device against sfdisk
check() {
	dev=$(losetup -f -r -b "$2" --show "$1") || skip "no loop devices with sectors of $2 bytes"
	at_exit "losetup -d $dev 2>/dev/null"
	run 0 list --json "$dev"
	sfdisk -J "$dev" >table.json || die "sfdisk cannot read $1"
	python3 - "$(blockdev --getsize64 "$dev")" "$(blockdev --getss "$dev")" <<'PY' || die "$1: list differs"
import json, sys
ours, table = json.load(open("out")), json.load(open("table.json"))["partitiontable"]
assert ours["size"] == int(sys.argv[1]), ours["size"]
assert ours["sector_size"] == int(sys.argv[2]) == table["sectorsize"], ours["sector_size"]
got = [(p["start_sector"], p["sectors"], p["type"]) for p in ours["partitions"]]
want = [(p["start"], p["size"], p["type"]) for p in table["partitions"]]
assert got == want and got, (got, want)
PY
}

mkdir -p root/etc root/sbin
: >root/sbin/init
truncate -s 64M gpt dos4k
sgdisk -n 1:0:+10M -n 3:0:0 gpt >log
mke2fs -q -t ext4 -d root -E offset=$((2048 * 512)) gpt 10M
check gpt 512
run 0 extract --quiet --json "$dev" null:
grep -q '"partition": 1,' out || die "not partition 1 of the device"

# a DOS table of 4096 byte sectors cannot be told from one of 512 in a file; the device says it
printf 'o\nn\np\n\n\n+20M\nn\np\n\n\n\nw\n' | fdisk -b 4096 dos4k >log
check dos4k 4096
