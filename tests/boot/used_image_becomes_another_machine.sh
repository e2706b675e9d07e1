# An image of a machine that was in use, made a machine of its own and kept so: another name, a fresh
# machine-id, new SSH keys, its boot files on the same server and mounted from there. Put in place at
# once by --atomic; a later --update leaves alone what the machine has written, and it boots again.
. "$top/tests/lib/boot.sh"
[ "${BOOT_LONG:-}" ] || skip "takes minutes; make check-boot runs it"
boot_image used
boot_serve
url=nfs://10.0.2.2/export/kitchen
same='--netboot --hostname=kitchen --boot=nfs://10.0.2.2/export/tftp --allow-loss=symlink-times,acl'
keys() {
	for keys_f in "$exp"/kitchen/etc/ssh/ssh_host_*_key.pub; do
		cut -d ' ' -f 1,2 "$keys_f"
	done
}
# shellcheck disable=SC2086 # words wanted
extract $same --new-identity --atomic "$img" "$url"
want_rc 0
[ "$failed" -eq 0 ] || exit 1
[ -z "$(ls "$exp/kitchen/etc/ssh" | grep ssh_host_)" ] || bad "keys of the other machine are there"

boot_start first "$exp/tftp"
boot_up first || die "the machine does not come up: $(boot_log first)"
boot_is first 'systemctl is-system-running' running
boot_is first 'hostname; getent hosts kitchen' 'kitchen
127.0.1.1       kitchen'
boot_is first 'ls /etc/ssh/ssh_host_*_key | wc -l; wc -c </etc/machine-id' '3
33'
! grep -q 0123456789abcdef "$exp/kitchen/etc/machine-id" || bad "the machine-id is that of the other machine"
id=$(cat "$exp/kitchen/etc/machine-id") first_keys=$(keys)
boot_is first 'findmnt -no FSTYPE,SOURCE /boot/firmware' 'nfs    10.0.2.2:/export/tftp'
boot_is first '/usr/lib/raspberrypi-sys-mods/get_fw_loc' /boot/firmware
boot_is first 'cmp /boot/firmware/cmdline.txt /proc/cmdline && echo same' same
boot_is first 'echo by the machine >/srv/written && sync && echo ok' ok
boot_off first

# Without --delete what the image does not have stays; what it has too and the machine keeps is
# protected. A new identity now would be a third one: the unit that makes keys would be enabled again.
# shellcheck disable=SC2086 # words wanted
extract $same --update --protect=/etc/machine-id,/etc/ssh,/var/lib/systemd "$img" "$url"
want_rc 0
[ "$(cat "$exp/kitchen/srv/written")" = 'by the machine' ] || bad "what the machine wrote is gone"
[ "$(cat "$exp/kitchen/etc/machine-id")" = "$id" ] || bad "the machine-id is another one"
[ "$(keys)" = "$first_keys" ] || bad "the keys are others"

boot_start second "$exp/tftp"
boot_up second || die "the machine does not come up again: $(boot_log second)"
boot_is second 'systemctl is-system-running' running
boot_is second 'cat /srv/written /etc/machine-id' "by the machine
$id"
[ "$(keys)" = "$first_keys" ] || bad "the second boot made other keys"
boot_off second
e2e_end
