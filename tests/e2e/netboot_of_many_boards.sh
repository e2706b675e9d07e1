# Three Raspberry Pis from one image: hostname, command line and boot files of each are its own; all else is the same. What is
# left to do is said for all of them, in lines that can be pasted.
. "$top/tests/lib/e2e.sh"
need_loop
t=$WORK/tree
mkdir -p "$t/etc" "$t/boot/firmware" "$t/usr/lib"
echo 'Raspberry Pi reference 2024-11-19' >"$t/etc/rpi-issue"
printf 'ID=debian\nVERSION_CODENAME=bookworm\nPRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\n' >"$t/etc/os-release"
printf 'proc /proc proc defaults 0 0\nPARTUUID=1-01 /boot/firmware vfat defaults 0 2\nPARTUUID=1-02 / ext4 defaults 0 1\n' \
	>"$t/etc/fstab"
echo raspberrypi >"$t/etc/hostname"
printf '127.0.0.1\tlocalhost\n127.0.1.1\traspberrypi\n' >"$t/etc/hosts"
echo 'console=tty1 root=PARTUUID=1-02 rootfstype=ext4 fsck.repair=yes rootwait quiet' >"$t/boot/firmware/cmdline.txt"
echo 'auto_initramfs=1' >"$t/boot/firmware/config.txt"
head -c 300000 /dev/urandom >"$t/boot/firmware/kernel8.img"
head -c 2000000 /dev/urandom >"$t/usr/lib/library"
truncate -s 32M "$WORK/pi.img"
mke2fs -q -F -t ext4 -E root_owner=0:0 -d "$t" "$WORK/pi.img" || die "mke2fs failed"
chmod a+r "$WORK/pi.img"
img=$(for_nobody "$WORK/pi.img") || die "no image for nobody"
serve
far=${TMPDIR:-/var/tmp}/img2nfs-tftp.$$
mkdir -m 755 "$far" && mkdir -m 777 "$far/tftp" || die "no $far"
at_exit "rm -rf '$far'"

extract --netboot --boot="$far/tftp/{}" --boot-partition=root "$img" "$(ganesha_url srv '/pi/{kitchen,hall,door}')"
want_rc 0
for b in kitchen hall door; do
	[ "$(cat "$exp/pi/$b/etc/hostname")" = "$b" ] || bad "hostname of $b"
	grep -q "^127.0.1.1.*$b" "$exp/pi/$b/etc/hosts" || bad "hosts of $b"
	# both copies of the line are the board's
	for f in "$exp/pi/$b/boot/firmware/cmdline.txt" "$far/tftp/$b/cmdline.txt"; do
		"$O/img2nfs" lint-cmdline --quiet "$f" >"$WORK/lint" 2>&1
		grep -q "nfsroot=127.0.0.1:/export/pi/$b,vers=3,tcp" "$f" || bad "$f: $(cat "$f")"
		grep -v "127.0.0.1" "$WORK/lint" | grep '^error' && bad "lint of $f"
	done
	cmp "$t/usr/lib/library" "$exp/pi/$b/usr/lib/library" || bad "library of $b"
	cmp "$t/boot/firmware/kernel8.img" "$far/tftp/$b/kernel8.img" || bad "kernel of $b"
done
want_out '/export/pi 192.168.1.0/24(rw,sync,no_subtree_check,no_root_squash,insecure)'
want_out 'pxe-service=0,"Raspberry Pi Boot"'
grep -qx "tftp-root=$far/tftp" "$WORK/out" || bad "tftp-root"
want_out 'exportfs -ra'
[ "$(grep -c '^What is left to do' "$WORK/out")" -eq 1 ] || bad "not said once"
if command -v dnsmasq >/dev/null; then
	sed -n '/^For dnsmasq/,/^$/p' "$WORK/out" | sed '1d;$d' >"$WORK/dnsmasq.conf"
	dnsmasq --test -C "$WORK/dnsmasq.conf" 2>&1 || bad "dnsmasq does not take its lines"
fi

# one board, as JSON, on a card
extract --json --netboot --boot="$far/tftp/card.img" --boot-partition=root "$img" "$(ganesha_url srv /alone)"
want_rc 0
want_json 'not j["next"]["dnsmasq"] and any("dd if=" in s for s in j["next"]["steps"])'
want_json 'j["next"]["exports"] == ["/export/alone 192.168.1.0/24(rw,sync,no_subtree_check,no_root_squash,insecure)"]'
e2e_end
