# With fstab alone the machine gets further than without any edit, but not to the end: what wanted the
# card failed, a swap file is made on the server, and the shutdown waits for a root that is gone.
. "$top/tests/lib/boot.sh"
[ "${BOOT_LONG:-}" ] || skip "takes minutes; make check-boot runs it"
boot_image fresh
boot_tftp
boot_serve
extract --netboot --no-edit=resize --no-edit=swap --no-edit=network --boot="$tftp" \
	--allow-loss=symlink-times,acl "$img" "nfs://10.0.2.2/export/root"
want_rc 0
[ "$failed" -eq 0 ] || exit 1
boot_start pi "$tftp"
boot_up pi || bad "not even fstab is right: $(boot_log pi)"
boot_is pi 'systemctl is-system-running' degraded
boot_do pi 'systemctl --failed --plain --no-legend --no-pager | cut -d " " -f 1' >"$WORK/failed"
cat "$WORK/failed"
grep -q resize2fs_once.service "$WORK/failed" || bad "--no-edit=resize does no harm: $(cat "$WORK/failed")"
[ -s "$exp/root/var/swap" ] || bad "--no-edit=swap does no harm: no swap file on the server"
boot_do pi 'systemctl poweroff' >/dev/null
! until_ok 60 boot_is_gone pi || bad "--no-edit=network does no harm: the machine is off"
tr '\r' '\n' <"$WORK/boot.pi/console" | grep -q -a 'Job ifup@.* running' || bad "it is not ifdown that hangs: $(boot_log pi)"
e2e_end
