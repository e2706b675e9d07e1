# test.sh - what every test script needs. `. "$top/tests/lib/test.sh"` first; needs $top, $O and
# $WORK (tests/run sets them). Cleaning up is a stack: at_exit 'command' is run on every way out,
# the last one first.

umask 022
test_cleanup=:
at_exit() {
	test_cleanup="$1
$test_cleanup"
}
trap 'rc=$?; trap - EXIT; trap "" INT TERM HUP; eval "$test_cleanup"; exit $rc' EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

die() {
	echo "$*" >&2
	exit 1
}

skip() {
	echo "skip: $*"
	exit 77
}

need() {
	for need_c; do
		command -v "$need_c" >/dev/null 2>&1 || skip "$need_c is not installed"
	done
}

need_root() {
	[ "$(id -u)" -eq 0 ] || skip "needs root for $1"
}

# Loop devices and mounts need more than being root: a container may forbid them.
need_loop() {
	need_root "loop mounts"
	losetup -f >/dev/null 2>&1 || skip "no loop devices here"
}

# until_ok SECONDS COMMAND...: poll until the command succeeds; 1 when the time is over.
until_ok() {
	until_n=$(($1 * 20))
	shift
	until "$@"; do
		until_n=$((until_n - 1))
		[ $until_n -gt 0 ] || return 1
		sleep 0.05
	done
}

# mount_ro IMAGE DIR [OFFSET SIZELIMIT]: what the kernel sees in an image that stays as it is.
mount_ro() {
	mkdir -p "$2"
	mount -t ext4 -o "ro,noload,noatime,loop,offset=${3:-0}${4:+,sizelimit=$4}" "$1" "$2" || die "cannot mount $1"
	at_exit "umount '$2'"
}

# umount_written DIR: what was written is in the image below, and its journal is empty. umount(8) alone does not see to that
# when another mount namespace was made meanwhile (boot.sh, distro.sh): that has its copy of the mount.
umount_written() {
	mount -o remount,ro "$1" || die "cannot remount $1"
	umount "$1" || die "cannot unmount $1"
}

# as_nobody COMMAND...: as the most ordinary user there is. At root's hands only; an ordinary user
# just runs it.
as_nobody() {
	if [ "$(id -u)" -eq 0 ]; then
		setpriv --reuid=65534 --regid=65534 --clear-groups "$@"
	else
		"$@"
	fi
}

# Prints a file name by which nobody can get at FILE: itself, or, when a folder above it is closed
# to others, a copy.
for_nobody() {
	if as_nobody test -r "$1"; then
		echo "$1"
		return
	fi
	for_nobody_dir=${TMPDIR:-/var/tmp}/img2nfs-test.$$
	if [ ! -d "$for_nobody_dir" ]; then
		mkdir -m 755 "$for_nobody_dir" || exit 1
	fi
	cp --sparse=always --preserve=mode,timestamps "$1" "$for_nobody_dir/" || exit 1
	chmod a+r "$for_nobody_dir/${1##*/}"
	echo "$for_nobody_dir/${1##*/}"
}
at_exit 'rm -rf "${TMPDIR:-/var/tmp}/img2nfs-test.$$"'
