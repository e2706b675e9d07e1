# --subdir, IMAGE:/DIR, --owner, --reproducible and the ranges of --map-users: what they take, and what they
# refuse. Truth is tar's listing of the folder that the image was made from.
. "$top/tests/lib/cli.sh"
. "$top/tests/lib/tiny_image.sh"
need tar
tiny_image x.img

list() {	# owner, size or device, date, name
	TZ=UTC tar --numeric-owner --full-time -tvf "$1" | sed 's/ link to .*//' | awk '{ $5 = ""; print }'
}
run 0 extract x.img:/etc a.tar
run 0 extract --subdir=etc/ x.img b.tar
cmp a.tar b.tar || die "IMAGE:/etc and --subdir=etc/ differ"
[ "$(tar -tf a.tar | tr '\n' ' ')" = './ ./big-too ./motd ' ] || die "holds $(tar -tf a.tar)"
tar -xOf a.tar ./motd | grep -qx hello || die "content"
# the other name of it is not there, so this one has the data
tar -xOf a.tar ./big-too | cmp - tiny/big || die "a file whose first name is outside"
run 0 extract x.img:/ b.tar
run 0 extract x.img a.tar
cmp a.tar b.tar || die "IMAGE:/ is not IMAGE"
tar -cf x.tar x.img
if "$img2nfs" --version | grep -q libarchive; then
	run 0 extract x.tar:x.img:/etc c.tar
	run 0 extract x.tar:/etc b.tar
	cmp c.tar b.tar || die "FILE:MEMBER:/DIR"
	run 3 extract x.tar:etc b.tar
fi
run 2 extract x.img:/nowhere b.tar
says "cannot begin at '/nowhere': the image has no such directory"
run 2 extract --subdir=link x.img b.tar
says "cannot begin at 'link': it is no directory"
run 2 extract --subdir=empty x.img b.tar

run 0 extract --exclude=/big x.img b.tar
tar -xOf b.tar ./etc/big-too | cmp - tiny/big || die "a file whose first name is left out"
run 0 manifest --exclude=/etc/ x.img
grep -q '^\./etc' out && die "manifest has what is left out"
grep -q '^\./empty ' out || die "manifest lacks what is not"
run 2 extract --exclude= x.img b.tar
says "option '--exclude': a pattern has no characters"
run 2 extract --exclude-from=no/file x.img b.tar
says "cannot read 'no/file'"

run 0 extract --owner=12:3456789 x.img b.tar
list b.tar | grep -v ' 12/3456789 ' && die "--owner"
for m in x 1:2 1:2:0 1:2:3:4 -1:2:3 4294967295:0:1 0:4294967290:6 0:0:4294967296 ''; do
	run 2 extract --map-users="$m" x.img b.tar
	says "option '--map-users': "
done
run 2 extract --map-groups=0:100:10 --map-groups=9:200:10 x.img b.tar
says "'9:200:10' overlaps another range"
run 2 extract --map-groups=0:100:10 --map-groups=10:109:10 x.img b.tar
run 2 extract --owner=1:2 --map-users=0:1:1 x.img b.tar
says "options '--owner' and '--map-users' exclude each other"

# Two images of the same files at other times.
touch -d @1000000000 tiny/etc/motd
mke2fs -q -F -t ext4 -b 1024 -d tiny x.img 8M || die "mke2fs failed"
sleep 1.1
touch -d @1000000000 tiny/etc/motd
cp -a tiny later
find later ! -path later/etc/motd -exec touch -h {} +
ln -f later/big later/etc/big-too
mke2fs -q -F -t ext4 -b 2048 -d later y.img 8M || die "mke2fs failed"
(unset SOURCE_DATE_EPOCH; run 2 extract --reproducible x.img b.tar
says "needs the variable SOURCE_DATE_EPOCH") || exit 1
export SOURCE_DATE_EPOCH=1100000000
run 0 extract --reproducible --owner=0:0 --exclude=lost+found x.img a.tar
run 0 extract --reproducible --owner=0:0 --exclude=lost+found y.img b.tar
cmp a.tar b.tar || die "--reproducible: not the same"
list a.tar | grep -q ' 2001-09-09 .*motd' || die "an older time was changed"
list a.tar | grep -v -e motd -e 2004-11-09 && die "a newer time was not clamped"
SOURCE_DATE_EPOCH=x run 2 extract --reproducible x.img b.tar
exit 0
