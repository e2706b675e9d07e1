# A server without space, and one without inodes: the code's name, how far it came, status 4.
. "$top/tests/lib/e2e.sh"
need_loop
use_fixture plain
small_fs() {
	mkdir -p "$WORK/$1.exp"
	mount -t tmpfs -o "$2" none "$WORK/$1.exp" || die "cannot mount a tmpfs"
	at_exit "umount '$WORK/$1.exp'"
	serve "$1"
	# What is known beforehand is refused beforehand.
	extract "$img" "$(ganesha_url "$1" /root)"
	want_rc 4
	want_err 'the destination is not fit'
	want_err "$3"
	want_err '--no-check'
	want_empty "$exp"
	extract --no-check "$img" "$(ganesha_url "$1" /root)"
	want_rc 4
	want_err 'NFS3ERR_NOSPC'
	want_err 'incomplete'
}
# The image holds some 9 MB in 3600 objects.
small_fs space size=4m,nr_inodes=100k '4 MiB are free'
small_fs inodes size=100m,nr_inodes=500 '499 inodes are free'
e2e_end
