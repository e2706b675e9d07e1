# extract to null: reads everything, counts it as it is, changes nothing in the image, is status 0.
. "$top/tests/lib/cli.sh"
. "$top/tests/lib/tiny_image.sh"
need sha256sum
tiny_image x.img
chmod 444 x.img
touch -a -d '2001-02-03 04:05:06' x.img
sum=$(sha256sum <x.img)
touch -a -d '2001-02-03 04:05:06' x.img
run 0 extract x.img null:
[ ! -s err ] || die "writes to stderr: $(cat err)"
# the recipe in tiny_image.sh: 8 objects, "hello\n" and 70000 bytes
prints "8 objects, 70.0 kB of data in "
for line in "files 3 70.0 kB" "directories 2" "symlinks 2" "hard links 1"; do
	tr -s ' ' <out | grep -qx " $line" || {
		cat out
		die "does not print: $line"
	}
done
[ "$(sha256sum <x.img)" = "$sum" ] || die "the image has changed"
run 0 extract --quiet x.img null:
[ ! -s out ] && [ ! -s err ] || die "--quiet prints something"
