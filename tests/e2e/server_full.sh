# A server without space, and one without inodes: the code's name, how far it came, status 4.
. "$top/tests/lib/e2e.sh"
need_loop
use_fixture plain
small_fs() {
	mkdir -p "$WORK/$1.exp"
	mount -t tmpfs -o "$2" none "$WORK/$1.exp" || die "cannot mount a tmpfs"
	at_exit "umount '$WORK/$1.exp'"
	serve "$1"
	extract "$img" "$(ganesha_url "$1" /root)"
	want_rc 4
	want_err 'NFS3ERR_NOSPC'
	want_err 'incomplete'
}
# The image holds some 9 MB in 3600 objects.
small_fs space size=4m,nr_inodes=100k
small_fs inodes size=100m,nr_inodes=500
e2e_end
