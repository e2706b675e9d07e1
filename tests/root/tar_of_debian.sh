# A Debian tree through a tar, with GNU tar and with bsdtar: no difference from the kernel's mount, file
# capabilities and ACLs included.
. "$top/tests/lib/e2e.sh"
need_loop
need bsdtar mke2fs
use_fixture debian
truncate -s 3G "$WORK/disk"
mke2fs -q -F -t ext4 "$WORK/disk" || die "mke2fs failed"
mkdir "$WORK/to"
mount -o loop "$WORK/disk" "$WORK/to" || skip "no loop mounts"
at_exit "umount '$WORK/to'"
mount_ro "$img" "$WORK/mnt" $((94208 * 512)) $((3528040 * 512))

dump() {
	"$O/tests/tools/dirdump" "$1" | sed 's/	data=[0-9]*//'
	python3 "$top/tests/lib/xattrdump.py" "$1"
}
dump "$WORK/mnt" >"$WORK/want"
grep -q 'security.capability' "$WORK/want" || die "the image has no file capabilities"
for t in gnu bsd; do
	rm -rf "$WORK/to/x"
	mkdir "$WORK/to/x"
	as_nobody "$bin" extract --quiet "$img" - |
		case $t in
		gnu) tar --xattrs --xattrs-include='*' --acls --numeric-owner -xpf - -C "$WORK/to/x" ;;
		bsd) bsdtar --numeric-owner -xpf - -C "$WORK/to/x" ;;
		esac || die "$t failed"
	[ $t = gnu ] || touch -r "$WORK/mnt" "$WORK/to/x"	# bsdtar leaves it as it is
	dump "$WORK/to/x" >"$WORK/got"
	diff "$WORK/want" "$WORK/got" | head -n 20 >"$WORK/diff"
	[ ! -s "$WORK/diff" ] || {
		cat "$WORK/diff"
		failed=1
	}
	echo "$t: $(wc -l <"$WORK/got") objects and attributes compared"
done
e2e_end
