# The counter-test: the same image, the same machine, a right command line, but nothing edited in the
# tree. fstab names a card that is not there and a root that is none of the kernel's: the machine ends
# in emergency mode. What the edits are for, and that a test can see them missing.
. "$top/tests/lib/boot.sh"
[ "${BOOT_LONG:-}" ] || skip "takes minutes; make check-boot runs it"
need mcopy
boot_image fresh
mkdir "$WORK/tftp"
mcopy -i "$img@@$((8192 * 512))" ::kernel8.img ::initramfs8 ::cmdline.txt "$WORK/tftp/" || die "no boot files in $img"
# As people do it who follow a recipe and forget the rest.
line=$(sed -e 's| init=[^ ]*||' -e 's|root=PARTUUID=[^ ]*|root=/dev/nfs|' "$WORK/tftp/cmdline.txt")
echo "$line nfsroot=10.0.2.2:/export/root,vers=3,tcp rw ip=dhcp" >"$WORK/tftp/cmdline.txt"
boot_serve
extract --allow-loss=symlink-times,acl "$img" "nfs://10.0.2.2/export/root"
want_rc 0
boot_start plain "$WORK/tftp"
if boot_up plain; then
	bad "the machine came up"
fi
grep -q -a 'emergency mode' "$WORK/boot.plain/console" || bad "no emergency mode: $(boot_log plain)"
# The root is there: what is wrong is what it holds.
boot_is plain 'findmnt -no FSTYPE,SOURCE /' 'nfs    10.0.2.2:/export/root'
boot_is plain 'systemctl is-active multi-user.target' inactive
boot_do plain 'systemctl --failed --plain --no-legend --no-pager' >"$WORK/failed"
grep -q 'systemd-remount-fs.service' "$WORK/failed" || bad "the root line of fstab did no harm: $(cat "$WORK/failed")"
boot_is plain 'systemctl is-active boot-firmware.mount' inactive
e2e_end
