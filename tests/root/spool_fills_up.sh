# A spool folder that is too small: a warning beforehand, for zeros need no room, and one line when it is
# full; status 7, and plain images do not mind. On a small tmpfs.
. "$top/tests/lib/cli.sh"
. "$top/tests/lib/tiny_image.sh"
. "$top/tests/lib/packed.sh"
need_root "mounting a tmpfs"
need gzip zstd
packed_disk disk
gzip -c disk >x.gz
mkdir small
mount -t tmpfs -o size=2500k tmpfs small 2>/dev/null || skip "tmpfs cannot be mounted here"
at_exit "umount '$WORK/small'"

# about 2 MB packed, 2.9 MB of data
[ "$(stat -c %s x.gz)" -lt 2500000 ] || die "the packed disk is too large for this test: $(stat -c %s x.gz)"
run 7 extract --spool=small x.gz null:
says "cannot unpack 'x.gz' into 'small': No space left on device after "
hints "--spool"
says "'small' may be too small to unpack 'x.gz' into: "
[ "$(grep -c '^img2nfs: cannot' err)" -eq 1 ] || die "more than one complaint: $(cat err)"
[ "$(df --output=used small | tail -n 1)" -eq 0 ] || die "space is not given back"

# mostly empty is small, however large
truncate -s 1G empty
mke2fs -q -F -t ext4 -E nodiscard empty || die "mke2fs failed"
zstd -q -1 <empty >empty.zst
run 0 extract --quiet --spool=small empty.zst null:
