# What --netboot makes of an image boots: no failed unit, the root is writable and is the server's, the
# machine switches itself off. Nothing is edited by hand and nothing added to what was written.
. "$top/tests/lib/boot.sh"
boot_image fresh
boot_tftp
boot_serve
extract --netboot --boot="$tftp" --allow-loss=symlink-times,acl "$img" "nfs://10.0.2.2/export/root"
want_rc 0
[ "$failed" -eq 0 ] || exit 1
boot_start pi "$tftp"
boot_up pi || die "the machine does not come up: $(boot_log pi)"
boot_is pi 'systemctl is-system-running' running
boot_is pi 'systemctl --failed --plain --no-legend --no-pager' ''
boot_is pi 'systemctl is-active multi-user.target ssh.service' 'active
active'
boot_is pi 'findmnt -no FSTYPE,SOURCE /' 'nfs    10.0.2.2:/export/root'
boot_is pi 'findmnt -no OPTIONS / | cut -d , -f 1' rw
# The kernel's or the initramfs' DHCP knew the name server, QEMU's own; nobody else was asked.
boot_is pi 'grep ^nameserver /etc/resolv.conf' 'nameserver 10.0.2.3'
# Nothing of the card is mounted or waited for, nothing is swapped over the network.
boot_is pi 'findmnt -no SOURCE /boot/firmware; cat /proc/swaps | tail -n +2; systemctl list-jobs' 'No jobs running.'
# Raspberry Pi OS' own scripts find the boot files nevertheless.
boot_is pi '/usr/lib/raspberrypi-sys-mods/get_fw_loc' /boot/firmware
# The first boot was one: keys and identity are made, and kept on the server.
boot_is pi 'cat /proc/sys/kernel/hostname; ls /etc/ssh/ssh_host_*_key | wc -l; wc -c </etc/machine-id' 'raspberrypi
3
33'
boot_is pi 'echo by the machine >/srv/written; chown 1000:1001 /srv/written; chmod 640 /srv/written; sync; echo ok' ok
got=$(stat -c '%u:%g %a' "$exp/root/srv/written") && got="$got $(cat "$exp/root/srv/written")"
[ "$got" = '1000:1001 640 by the machine' ] || bad "the server has '$got'"
[ "$(wc -c <"$exp/root/etc/machine-id")" = 33 ] || bad "the machine's id is not on the server"
boot_off pi
e2e_end
