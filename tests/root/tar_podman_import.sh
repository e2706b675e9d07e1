# `podman import` takes a tar from standard output: capabilities, attributes, modes, owners and times are in
# the image. (podman 4.3 takes no ACLs, no time of the root, and none before 1970 or after 2262.)
. "$top/tests/lib/e2e.sh"
need_loop
need podman
use_fixture loss
mount_ro "$img" "$WORK/mnt"
short=$(mktemp -d) || exit 1	# podman wants less than 50 characters
at_exit "rm -rf '$short'"
pod() {
	podman --root "$WORK/pod" --runroot "$short" --storage-driver vfs "$@"
}
as_nobody "$bin" extract --quiet --allow-loss=chattr "$img" - | pod import - fromimg >"$WORK/log" 2>&1 || {
	grep -q 'SHA\|sha256' "$WORK/log" || skip "podman does not run here: $(tail -n 1 "$WORK/log")"
	die "podman refuses the tar: $(tail -n 2 "$WORK/log")"
}
tree=$(pod image mount fromimg) || die "cannot look into the image"
dump() {
	"$O/tests/tools/dirdump" "$1" | sed -e 's/	data=[0-9]*//' -e '/^\.	/s/mtime=.*//' -e '/^\.\/times/s/mtime=[^	]*//'
	python3 "$top/tests/lib/xattrdump.py" "$1" | grep -v 'system\.posix_acl'
}
dump "$WORK/mnt" >"$WORK/want"
dump "$tree" >"$WORK/got"
pod image umount fromimg >/dev/null 2>&1
diff "$WORK/want" "$WORK/got" | cut -c 1-200 >"$WORK/diff"
[ ! -s "$WORK/diff" ] || {
	cat "$WORK/diff"
	failed=1
}
echo "$(wc -l <"$WORK/got") objects and attributes compared"
e2e_end
