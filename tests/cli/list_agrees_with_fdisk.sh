# `list` on an image with the numbers of the recipe, and on tables of other shapes, says what sfdisk says; a person sees
# the same numbers in columns. The file systems are made by mkfs.vfat and mke2fs and never written by us.
. "$top/tests/lib/cli.sh"
PATH=$PATH:/usr/sbin:/sbin
need sfdisk sgdisk mkfs.vfat mke2fs python3

# compare IMAGE: each number of sfdisk -J against ours
compare() {
	run 0 list --json "$1"
	sfdisk -J "$1" >table.json || die "sfdisk cannot read $1"
	python3 - "$1" <<'PY' || die "$1: list and sfdisk differ"
import json, os, sys
ours, table = json.load(open("out")), json.load(open("table.json"))["partitiontable"]
bad = []
def same(what, got, want):
    if got != want:
        bad.append(f"{what}: {got!r}, sfdisk has {want!r}")
same("label", ours["label"], table["label"])
same("id", ours["id"], table["id"])
same("sector size", ours["sector_size"], table["sectorsize"])
same("image size", ours["size"], os.stat(sys.argv[1]).st_size)
same("number of partitions", len(ours["partitions"]), len(table.get("partitions", [])))
for p, t in zip(ours["partitions"], table.get("partitions", [])):
    no = f"partition {p['number']} "
    same(no + "number", p["number"], int(t["node"][len(table["device"]):]))
    same(no + "start", p["start_sector"], t["start"])
    same(no + "sectors", p["sectors"], t["size"])
    same(no + "start in bytes", p["start"], t["start"] * table["sectorsize"])
    same(no + "size in bytes", p["size"], t["size"] * table["sectorsize"])
    same(no + "type", p["type"], t["type"])
    same(no + "bootable", p["bootable"], t.get("bootable", False))
    if table["label"] == "gpt":
        same(no + "PARTUUID", p["partuuid"], t["uuid"].lower())
        same(no + "name", p["partlabel"], t.get("name"))
print("\n".join(bad), file=sys.stderr)
sys.exit(bool(bad))
PY
}

truncate -s 1854590976 recipe.img
printf 'label: dos\nlabel-id: 0x5e3da3da\nstart=8192, size=85622, type=c\nstart=94208, size=3528040, type=83\n' |
	sfdisk -q recipe.img
truncate -s $((85622 * 512)) boot && mkfs.vfat -F 32 -n BOOT -i 1a2b3c4d boot >log 2>&1 || die "mkfs.vfat failed"
dd if=boot of=recipe.img bs=512 seek=8192 conv=notrunc,sparse 2>log
mke2fs -q -t ext4 -L rootfs -U 9fa5ac62-d2a8-4a20-9b9f-0a5b5dd1a2c3 -E offset=$((94208 * 512)) recipe.img \
	$((3528040 / 2))k >log 2>&1 || die "mke2fs failed"
compare recipe.img
run 0 list recipe.img
prints "'recipe.img': 1.9 GB, 1854590976 bytes, 3622248 sectors of 512 bytes"
prints "partition table dos, identifier 0x5e3da3da"
sed 's/  */ /g; s/^ //' out >squeezed
mv squeezed out
prints "1 8192 93813 85622 43.8 MB c W95 FAT32 (LBA)"
prints "2 94208 3622247 3528040 1.8 GB 83 Linux"
prints "1 vfat BOOT 1A2B-3C4D"
prints "2 ext4 rootfs 9fa5ac62-d2a8-4a20-9b9f-0a5b5dd1a2c3 1.8 GB"
[ ! -s err ] || die "list says something on stderr"
# libblkid: how the kernel and udev name partitions of a DOS table
run 0 list -v recipe.img
prints "  PARTUUID       5e3da3da-02"

truncate -s 100M logical.img
printf 'label: dos\n,10M,c,*\n,,E\n,10M,L\n,5M,S\n,,L\n' | sfdisk -q logical.img
compare logical.img
run 0 list logical.img
prints "extended"

truncate -s 64M gpt.img
sgdisk -n 1:0:+10M -c 1:boot -t 1:ef00 -n 2:0:+20M -c '2:Grüße "x"' -n 5:0:0 gpt.img >log
compare gpt.img

# a truncated image still shows its table, and how much is missing
truncate -s 1G recipe.img
run 0 list --json recipe.img
python3 -c 'import json; p = json.load(open("out"))["partitions"]
assert p[1]["missing"] == 1854590976 - 2**30, p[1]["missing"]
assert p[0]["missing"] == 0 and p[1]["filesystem"]["label"] == "rootfs" and not p[1]["filesystem"]["readable"]' ||
	die "truncated: wrong JSON"
run 0 list -v recipe.img
prints "cut short"
says "partition 2 ends 780849152 bytes after the end of the image"
truncate -s 40M gpt.img
run 0 list --json gpt.img
python3 -c 'import json; p = json.load(open("out"))["partitions"]
assert [x["number"] for x in p if x["missing"]] == [5], p' || die "truncated GPT: wrong JSON"
