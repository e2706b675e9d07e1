# A packed image that is cut short, or has one wrong bit somewhere, also in nothing but the checksum at its end, is status 3
# with one line that names the file; nothing pretends to have worked.
. "$top/tests/lib/cli.sh"
. "$top/tests/lib/tiny_image.sh"
. "$top/tests/lib/packed.sh"
need python3
packed_disk disk
pack_all gz xz xzmt zst bz2 lz4 zip 7z tgz

# flip FILE FROM_END: the lowest bit of one byte
flip() {
	python3 - "$1" "$2" <<'PY'
import sys
data = bytearray(open(sys.argv[1], "rb").read())
data[-int(sys.argv[2])] ^= 1
open("bad", "wb").write(data)
PY
}
# refused WHAT: x and bad are there
refused() {
	rc=0
	"$img2nfs" extract bad null: >out 2>err || rc=$?
	[ $rc -eq 3 ] || die "$1: status $rc, want 3: $(cat err)"
	[ "$(grep -v '^  ' err | grep -c "'bad")" -eq 1 ] || die "$1: not one line that names it: $(cat err)"
	# where the tree was known already, what was stored is named incomplete
	[ ! -s out ] || grep -q 'is incomplete: ' err || die "$1: stored, but not called incomplete: $(cat err)"
}
for x in $packed; do
	size=$(stat -c %s "$x")
	head -c $((size / 2)) "$x" >bad
	refused "first half of $x"
	case $x in
	x.7z | x.xz | x.xzmt) hint='copy or download it again and compare' ;;
	*) hint='it was not copied or downloaded completely' ;;
	esac
	grep -q "^  $hint" err || die "first half of $x: no hint: $(cat err)"
	head -c $((size - 1)) "$x" >bad
	case $x in
	x.zip | x.tgz) ;; # the last byte of a zip is its comment's length, of a tar a zero
	*) refused "$x without its last byte" ;;
	esac
	flip "$x" $((size / 2))
	refused "$x with a wrong bit in the middle"
	case $x in
	x.gz | x.tgz) # RFC 1952: CRC32, ISIZE
		flip "$x" 6
		refused "$x with a wrong CRC"
		flip "$x" 2
		refused "$x with a wrong ISIZE"
		;;
	x.zst) # RFC 8878 3.1.1: the last four bytes are the checksum
		flip "$x" 2
		refused "$x with a wrong checksum"
		;;
	x.bz2)
		flip "$x" 3
		refused "$x with a wrong combined CRC"
		;;
	x.lz4) # content checksum
		flip "$x" 2
		refused "$x with a wrong checksum"
		;;
	esac
done

# the same from a pipe that ends early, in the middle of data and at once
head -c 1000000 x.gz | "$img2nfs" extract - null: >out 2>err && die "a pipe that ends early is accepted"
grep -q 'standard input: it ends too early' err || die "pipe: $(cat err)"
head -c 5000000 disk | "$img2nfs" extract - null: >out 2>err && die "a plain pipe that ends early is accepted"
grep -q 'cannot read standard input at [0-9]*: it ends at 5000000$' err || die "plain pipe: $(cat err)"
grep -q '^  what writes into the pipe ended too early' err || die "plain pipe, no hint: $(cat err)"
: | "$img2nfs" extract - null: >out 2>err && die "an empty pipe is accepted"
grep -q 'cannot use standard input as an image: it is empty' err || die "empty pipe: $(cat err)"
