# Whatever is wrong with the image is found before the server is asked for anything.
. "$top/tests/lib/e2e.sh"
need_loop
use_fixture plain
serve
url=$(ganesha_url srv /root)
d=$WORK/far
mkdir -m 755 "$d"
refused() {	# FILE TEXT
	extract "$1" "$url"
	want_rc 3
	want_err "$2"
	[ "$(wc -l <"$WORK/err")" -le 6 ] || bad "more than a clear line"
	want_empty "$exp"
}
refused "$d/none" 'No such file'
: >"$d/empty"
refused "$d/empty" 'empty'
head -c 3000000 /dev/urandom >"$d/random"
refused "$d/random" 'random'
mkdir "$d/folder"
refused "$d/folder" 'directory'
# No ext4 in it, by the name of what is.
truncate -s 4M "$d/vfat"
mkfs.vfat "$d/vfat" >/dev/null 2>&1
refused "$d/vfat" 'vfat'
# A truncated image: the file system says it is longer than the file.
head -c 5000000 "$img" >"$d/short"
refused "$d/short" 'short'
cp "$img" "$d/closed"
chmod 600 "$d/closed"
refused "$d/closed" 'Permission denied'
e2e_end
