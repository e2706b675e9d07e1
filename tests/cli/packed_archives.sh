# Of an archive the one member that is a disk is taken, by content; of several one is named; what holds none is refused with
# what it holds.
. "$top/tests/lib/cli.sh"
. "$top/tests/lib/tiny_image.sh"
. "$top/tests/lib/packed.sh"
need zip tar gzip
packed_disk a.img
cp a.img b.bin
mkdir docs && echo text >docs/readme && head -c 100000 /dev/urandom >docs/blob
head -c 100000 /dev/urandom | gzip >docs/blob.gz

# the name does not matter, nor do others
zip -q -r one.zip docs b.bin
tar -cf one.tar docs b.bin
tar -czf one.tgz docs b.bin
mv one.zip picture.jpg
for x in picture.jpg one.tar one.tgz; do
	run 0 cat "$x:/etc/motd"
	[ "$(cat out)" = hello ] || die "$x: $(cat out)"
done

zip -q two.zip docs/readme a.img b.bin
tar -cf two.tar a.img docs b.bin
tar -czf two.tgz a.img docs b.bin
for x in two.zip two.tar; do
	run 3 extract $x null:
	says "cannot choose between the disk images in '$x'"
	hints "$x:MEMBER: 'a.img', 'b.bin'"
	one_line
done
# what comes one after the other shows it when the first has been read
run 3 extract two.tgz null:
says "cannot choose between the disk images in 'two.tgz'"
says "is incomplete"
for x in two.zip two.tar two.tgz; do
	run 0 extract --quiet $x:b.bin null:
	run 0 cat $x:b.bin:/etc/motd
	[ "$(cat out)" = hello ] || die "$x:b.bin: $(cat out)"
	run 3 extract $x:c.img null:
	says "cannot find 'c.img' in '$x'"
	one_line
done
run 0 extract --quiet --sha256="$(sha256sum <two.zip | cut -d ' ' -f 1)" two.zip:b.bin null:
"$img2nfs" cat -:b.bin:/etc/motd <two.tgz >out 2>err || die "a member from a pipe: $(cat err)"
[ "$(cat out)" = hello ] || die "a member from a pipe: $(cat out)"
run 3 extract a.img:b null:
says "cannot open 'a.img:b': 'a.img' is no archive"
gzip -c a.img >a.gz
run 3 extract a.gz:b null:
says "cannot find a member in 'a.gz': it is no archive"

tar -czf docs.tgz docs
zip -q -r docs.zip docs
for x in docs.tgz docs.zip; do
	run 3 extract $x null:
	says "cannot use '$x' as an image: of its 3 files none is a disk image"
	hints "readme"
	one_line
done
mkdir -p root/etc root/usr/bin && echo root:x:0:0 >root/etc/passwd
tar -czf root.tgz -C root .
run 3 extract root.tgz null:
says "it is an archive of a Linux system's files, not of a disk"
hints "--numeric-owner"
one_line

# with a password
zip -q -P password locked.zip a.img
run 3 extract locked.zip null:
says "cannot use 'locked.zip' as an image: it is encrypted"
hints "unpack it with its password first"
one_line
zip -q text.zip docs/readme
run 3 extract text.zip null:
says "cannot use 'text.zip' as an image: its only file is no disk image"
hints "it is: 'docs/readme'"
one_line
if command -v 7z >/dev/null; then
	7z a -bd -ppassword -mhe=on locked.7z a.img >log || die "7z failed"
	run 3 extract locked.7z null:
	hints "unpack it with its password first"
	one_line
fi

# an archive in an archive, too many compressions
zip -q nest.zip one.tar
run 3 extract nest.zip null:
one_line
gzip -c a.gz | gzip -c | gzip -c >four.gz
run 3 extract four.gz null:
says "it is compressed more than three times"
one_line
: | gzip -c >nothing.gz
run 3 extract nothing.gz null:
says "cannot use 'nothing.gz' as an image: it is empty"
one_line
if command -v 7z >/dev/null; then
	7z a -bd x.7z a.img >log || die "7z failed"
	"$img2nfs" extract - null: <x.7z >out 2>err && die "a 7z archive is read from a pipe"
	ran="7z from a pipe"
	says "a 7z archive can only be read from a file"
	hints "save it to a file first"
	one_line
fi
