# Two boards from one image in one pass: each boots from its own boot files into its own root, with its own name, identity and
# keys, and writes there only. After an --update of both, which leaves alone what each has made, one boots again as itself.
. "$top/tests/lib/boot.sh"
[ "${BOOT_LONG:-}" ] || skip "takes minutes; make check-boot runs it"
boot_image fresh
boot_serve
urls='nfs://10.0.2.2/export/pi/{kitchen,hall}'
same='--netboot --boot=nfs://10.0.2.2/export/tftp/{} --allow-loss=symlink-times,acl'

# comes_up NAME BOARD [COMMAND]: boots, looks at what every board must have, runs the command, is switched off.
comes_up() {
	boot_start "$1" "$exp/tftp/$2"
	boot_up "$1" || die "$1 does not come up: $(boot_log "$1")"
	boot_is "$1" 'systemctl is-system-running; hostname' "running
$2"
	boot_is "$1" 'findmnt -no FSTYPE,SOURCE /; findmnt -no FSTYPE,SOURCE /boot/firmware' "nfs    10.0.2.2:/export/pi/$2
nfs    10.0.2.2:/export/tftp/$2"
	boot_is "$1" "getent hosts $2" "127.0.1.1       $2"
	boot_is "$1" 'ls /etc/ssh/ssh_host_*_key | wc -l; wc -c </etc/machine-id' '3
33'
	[ -z "${3:-}" ] || boot_is "$1" "$3" ok
	boot_off "$1"
}

# identity BOARD: what makes it itself
identity() {
	cat "$exp/pi/$1/etc/machine-id" "$exp/pi/$1"/etc/ssh/ssh_host_*_key.pub | cut -d ' ' -f 1,2
}

# shellcheck disable=SC2086 # words wanted
extract --verify $same "$img" "$urls"
want_rc 0
[ "$failed" -eq 0 ] || exit 1
comes_up kitchen kitchen 'echo by the kitchen >/srv/written && sync && echo ok'
[ ! -e "$exp/pi/hall/srv/written" ] && [ ! -s "$exp/pi/hall/etc/machine-id" ] || bad "the hall has what the kitchen wrote"
comes_up hall hall
identity kitchen >"$WORK/kitchen.id"
identity hall >"$WORK/hall.id"
[ "$(wc -l <"$WORK/kitchen.id")" -eq 4 ] || bad "no identity: $(cat "$WORK/kitchen.id")"
[ -z "$(sort "$WORK/kitchen.id" "$WORK/hall.id" | uniq -d)" ] || bad "they share a part of their identity"

# Enabled anew, the unit that makes keys would make others.
# shellcheck disable=SC2086 # words wanted
extract --update --protect=/etc/machine-id,/etc/ssh,/var/lib/systemd --protect=/etc/systemd/system/multi-user.target.wants \
	$same "$img" "$urls"
want_rc 0
comes_up again kitchen 'test "$(cat /srv/written)" = "by the kitchen" && echo ok'
identity kitchen | cmp - "$WORK/kitchen.id" || bad "the kitchen is another machine now"
e2e_end
