# Status 3: an image that cannot be read or used. One line says why; nothing on stdout.
. "$top/tests/lib/cli.sh"
. "$top/tests/lib/tiny_image.sh"

refused() {
	run 3 extract "$1" null:
	says "$2"
	one_line
}
refused nowhere.img "cannot open 'nowhere.img': No such file or directory"
refused "$(printf 'no\nwhere')" "cannot open 'no\nwhere'"
: >empty.img
refused empty.img "cannot use 'empty.img' as an image: it is empty"
refused "$WORK" "it is a directory"
refused /dev/null "it is a character device"
mkfifo fifo
refused fifo "cannot use 'fifo' as an image"
head -c 300000 /dev/urandom >random.img
refused random.img "cannot read 'random.img': no partition table and no file system known"
truncate -s 1M zeros.img
refused zeros.img "cannot read 'zeros.img': no partition table and no file system known"
echo x >text.img
refused text.img "cannot read 'text.img'"
tiny_image x.img
head -c 3000000 x.img >cut.img
refused cut.img "'cut.img' is cut short: the file system has 8388608 bytes, of which 3000000 are there"
run 3 extract --offset=1M x.img null:
one_line
run 3 extract --offset=1G x.img null:
one_line
run 3 extract --partition=7 x.img null:
one_line
if [ "$(id -u)" -ne 0 ]; then
	chmod 0 x.img
	refused x.img "cannot open 'x.img': Permission denied"
fi
