# What a Raspberry Pi looks for on its boot partition at the first boot is found below /boot/firmware of the root, whatever the
# case of its FAT name; what is there already stays; without a profile, and with --no-edit, nothing is copied. What Raspberry Pi's
# Imager leaves to be run there is run once from the root; cloud-init of other systems finds its files, and gives the name that is
# wanted; passwords are not shown; without any of it, it is told that nobody can log in.
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

# made OPTION...: the files that first-boot makes
made() {
	"$img2nfs" extract --json --dry-run "$@" disk.img nfs://192.0.2.7/srv/pi 2>err >json || die "extract failed: $(cat err)"
	python3 -c '
import json
edits = (json.load(open("json"))["netboot"] or {"edits": []})["edits"]
print(" ".join(sorted(e["path"] for e in edits if e["edit"] == "first-boot")))'
}
want='boot/firmware/ssh boot/firmware/user-data boot/firmware/userconf.txt'
got=$(made --netboot)
[ "$got" = "$want" ] || die "made: $got, want: $want"
"$img2nfs" extract --dry-run --netboot disk.img nfs://192.0.2.7/srv/pi >out 2>/dev/null || die "dry run"
grep -q '^# boot/firmware/userconf.txt is made; only its owner may read it' out || die "userconf.txt is not said to be made"
! grep -qF '$6$hash' out json || die "a password's hash is shown"
[ -z "$(made --hostname=x)" ] || die "copied without --netboot"
[ -z "$(made --netboot --no-edit first-boot)" ] || die "copied with --no-edit"
gzip -c disk.img | "$img2nfs" extract --json --dry-run --netboot - null: 2>err | grep -c '"first-boot"' >n
[ "$(cat n)" = 3 ] || die "from a pipe: $(cat n) of 3 files; $(cat err)"

# of PATH [OPTION...]: what is in the tree then
of() {
	path=$1
	shift
	"$img2nfs" extract --netboot "$@" disk.img - 2>err >tree.tar || die "extract failed: $(cat err)"
	tar -xOf tree.tar "./$path" 2>/dev/null || tar -xOf tree.tar "$path"
}
[ "$(of boot/firmware/user-data)" = "$(cat fat/user-data)" ] || die "user-data is another"

# cloud-init would give the name of the image to every board
of boot/firmware/user-data --hostname=hall >user-data
printf '#cloud-config\n# img2nfs: another host name\n#hostname: kitchen\nhostname: hall\n' | diff - user-data || die "user-data"
[ "$(of etc/hostname --hostname=hall)" = hall ] || die "hostname"

# Ubuntu and others look for the label of the partition
want=$(printf 'var/lib/cloud/seed/nocloud/%s ' meta-data user-data)
[ "$(made --netboot=debian) " = "$want" ] || die "for cloud-init of Debian: $(made --netboot=debian)"
of var/lib/cloud/seed/nocloud/user-data --hostname=hall --netboot=debian | diff user-data - || die "the seed's user-data"
[ -z "$(made --netboot=generic)" ] || die "copied for a system without either"

# What the Imager leaves: a script for systemd.run=, or settings for the program of init=. No user is missing then.
put() {	# FILE: standard input onto the boot partition
	cat >new && mcopy -o -i disk.img@@1M new "::$1" || die "mcopy"
}
printf '#!/bin/sh\n/usr/lib/userconf-pi/userconf pi hash\nrm -f /boot/firstrun.sh\n' >firstrun
put firstrun.sh <firstrun
[ "$(made --netboot)" = 'boot/firmware/ssh boot/firmware/user-data boot/firmware/userconf.txt' ] || die "a script that nobody starts"
put cmdline.txt <<'END'
console=tty1 root=PARTUUID=4c4e106f-02 rootwait systemd.run=/boot/firstrun.sh systemd.run_success_action=reboot systemd.unit=kernel-command-line.target
END
got=$(made --netboot)
[ "$got" = 'boot/firmware/ssh boot/firmware/user-data boot/firmware/userconf.txt etc/systemd/img2nfs-firstrun.sh etc/systemd/system/img2nfs-first-boot.service etc/systemd/system/multi-user.target.wants/img2nfs-first-boot.service' ] ||
	die "a script of the Imager: $got"
of etc/systemd/img2nfs-firstrun.sh | diff firstrun - || die "the script is another"
of etc/systemd/system/img2nfs-first-boot.service >unit.service
if command -v systemd-analyze >/dev/null; then
	cp unit.service img2nfs-first-boot.service
	SYSTEMD_LOG_LEVEL=warning systemd-analyze verify --man=no "$PWD/img2nfs-first-boot.service" >verify 2>&1
	! grep 'img2nfs-first-boot.service:' verify || die "systemd does not take the unit"
fi
# what the unit does, in a tree of its own: the script runs once, also when it fails
sed -n "s/^ExecStart=\/bin\/sh -c '\(.*\)'\$/\1/p" unit.service | sed "s| /| $PWD/mini/|g" >run
[ "$(wc -l <run)" -eq 2 ] || die "not two commands"
mkdir -p mini/etc/systemd mini/run mini/bin && ln -s /bin/sh mini/bin/bash
printf 'echo ran >>%s/ran\nexit 3\n' "$PWD" >mini/etc/systemd/img2nfs-firstrun.sh
while read -r line; do sh -c "$line"; echo $?; done <run >statuses
while read -r line; do sh -c "$line"; echo $?; done <run >>statuses
[ "$(tr '\n' ' ' <statuses)" = '3 0 0 0 ' ] || die "statuses: $(cat statuses)"
[ "$(cat ran)" = ran ] || die "it ran more than once"
"$img2nfs" extract --netboot --nfsroot=192.0.2.7:/srv/pi,vers=3,tcp --boot=tftp disk.img null: >out 2>err || die "$(cat err)"
grep -q '^console=tty1 root=/dev/nfs [^ ]* rw ip=dhcp rootwait$' tftp/cmdline.txt || die "$(cat tftp/cmdline.txt)"

program=usr/lib/raspberrypi-sys-mods/init_config
put custom.toml <<'END'
config_version = 1
END
put cmdline.txt <<'END'
root=PARTUUID=4c4e106f-02 rootwait init=/usr/lib/raspberrypi-sys-mods/firstboot
END
! made --netboot | grep -q custom.toml || die "settings without the program that reads them"
mkdir -p "tree/$(dirname $program)" && printf '#!/bin/sh\n' >tree/$program
netboot_image tree root.img
dd if=root.img of=disk.img bs=1M seek=33 conv=notrunc 2>/dev/null
made --netboot | grep -q 'etc/systemd/img2nfs-custom.toml etc/systemd/system/img2nfs-first-boot.service' || die "custom.toml"
