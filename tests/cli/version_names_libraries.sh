# --version: the program's version and the libraries, as pkg-config knows them on the machine that built it.
. "$top/tests/lib/cli.sh"
run 0 --version
[ ! -s err ] || die "writes to stderr"
[ "$(head -n 1 out)" = "img2nfs $(sed -n 's/^VERSION = //p' "$top/Makefile")" ] || die "first line: $(head -n 1 out)"
for l in libext2fs:ext2fs libfdisk:fdisk libnfs:libnfs libarchive:libarchive; do
	v=$(pkg-config --modversion "${l#*:}") || skip "no pkg-config"
	# libfdisk says 2.38.1 where its .pc file says the same; a trailing .0 may differ
	grep -q "^${l%:*} ${v%.0}" out || die "${l%:*}: want $v, $(grep "^${l%:*}" out)"
done
