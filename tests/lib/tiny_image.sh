# tiny_image.sh - small ext4 images without root, for tests of the command line. Source cli.sh first.
PATH=$PATH:/usr/sbin:/sbin

# tiny_image FILE [MKE2FS_OPTION...]: 3 files, 2 directories (lost+found is one), 2 symlinks, 1 hard link.
tiny_image() {
	tiny=$1
	shift
	need mke2fs debugfs
	rm -rf "$WORK/tiny" "$tiny"
	mkdir -p "$WORK/tiny/etc"
	echo hello >"$WORK/tiny/etc/motd"
	: >"$WORK/tiny/empty"
	head -c 70000 /dev/zero | tr '\0' 'x' >"$WORK/tiny/big"
	ln "$WORK/tiny/big" "$WORK/tiny/etc/big-too"
	ln -s etc/motd "$WORK/tiny/link"
	ln -s "$(awk 'BEGIN { while (n++ < 100) printf "t" }')" "$WORK/tiny/slow-link"
	truncate -s 8M "$tiny"
	mke2fs -q -F -t ext4 -b 1024 -L tiny -d "$WORK/tiny" "$@" "$tiny" || die "mke2fs failed"
}
