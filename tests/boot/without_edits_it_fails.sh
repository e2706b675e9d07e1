# The counter-test: the same image, the same machine, a right command line, but nothing edited in the
# tree. fstab names a card that is not there and a root that is none of the kernel's: the machine ends
# in emergency mode. What the edits are for, and that a test can see them missing.
. "$top/tests/lib/boot.sh"
[ "${BOOT_LONG:-}" ] || skip "takes minutes; make check-boot runs it"
boot_image fresh
boot_tftp
boot_serve
extract --netboot --no-edit=fstab --no-edit=resize --no-edit=swap --no-edit=initramfs --no-edit=network \
	--no-edit=dns --no-edit=fwloc --boot="$tftp" --allow-loss=symlink-times,acl "$img" "nfs://10.0.2.2/export/root"
want_rc 0
! grep 'img2nfs' "$exp/root/etc/fstab" || bad "fstab was edited"
boot_start plain "$tftp"
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
