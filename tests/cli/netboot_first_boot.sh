# What a Raspberry Pi looks for on its boot partition at the first boot is found below /boot/firmware of the root, whatever the
# case of its FAT name; what is there already stays; without a profile, and with --no-edit, nothing is copied.
. "$top/tests/lib/test.sh"
. "$top/tests/lib/netboot_expect.sh"
img2nfs=$O/img2nfs
PATH=$PATH:/usr/sbin:/sbin
. "$top/tests/lib/boot_tree.sh"
for tool in mke2fs sfdisk mkfs.vfat mcopy; do
	command -v $tool >/dev/null || skip "$tool is missing"
done
cd "$WORK" || exit 1
sh "$top/fixtures/rpi_trees.sh" trixie "$WORK/tree" || die "no tree"
printf 'in the root\n' >tree/boot/firmware/meta-data
netboot_image tree root.img
truncate -s 64M disk.img
printf 'label: dos\nlabel-id: 0x4c4e106f\nstart=2048,size=32M,type=c\nsize=16M,type=83\n' | sfdisk -q disk.img ||
	skip "sfdisk cannot"
mkdir fat
printf '#cloud-config\nhostname: kitchen\n' >fat/user-data
: >fat/SSH
printf 'pi:$6$hash\n' >fat/userconf.txt
printf 'on the card\n' >fat/meta-data
printf 'initramfs\n' >fat/initramfs8
printf 'kernel\n' >fat/kernel8.img
printf 'root=PARTUUID=4c4e106f-02\n' >fat/cmdline.txt
truncate -s 32M fat.img
fat_of fat fat.img -h 2048
dd if=fat.img of=disk.img bs=1M seek=1 conv=notrunc 2>/dev/null
dd if=root.img of=disk.img bs=1M seek=33 conv=notrunc 2>/dev/null

made() {
	"$img2nfs" extract --dry-run "$@" disk.img nfs://192.0.2.7/srv/pi 2>err | sed -n '/^# first-boot/,/^# /p' >out
	sed -n 's/^diff --git .* b\///p' out | sort | tr '\n' ' '
}
want='boot/firmware/ssh boot/firmware/user-data boot/firmware/userconf.txt '
got=$("$img2nfs" extract --json --dry-run --netboot disk.img nfs://192.0.2.7/srv/pi 2>err | python3 -c '
import json, sys
print(" ".join(sorted(e["path"] for e in json.load(sys.stdin)["netboot"]["edits"] if e["edit"] == "first-boot")) + " ", end="")')
[ "$got" = "$want" ] || die "made: $got, want: $want; $(cat err)"
"$img2nfs" extract --dry-run --netboot disk.img null: 2>/dev/null | grep -q '^+hostname: kitchen' || die "no content"
[ -z "$(made --hostname=x)" ] || die "copied without --netboot"
[ -z "$(made --netboot --no-edit first-boot)" ] || die "copied with --no-edit"
[ -z "$(made --netboot=debian)" ] || die "copied for Debian"
gzip -c disk.img | "$img2nfs" extract --json --dry-run --netboot - null: 2>err | grep -c '"first-boot"' >n
[ "$(cat n)" = 3 ] || die "from a pipe: $(cat n) of 3 files; $(cat err)"
