# Contents of an image whose checksum told only at the end that it is damaged are not taken for good ones by the next run:
# --update and --atomic with another file compare them, whatever size and time say; with the very same file they do not.
. "$top/tests/lib/e2e.sh"
. "$top/tests/lib/nfsproxy.sh"
need_loop
need mke2fs
need zip
mkdir "$WORK/tree" "$WORK/tree/dir"
for i in 1 2 3 4 5 6 7 8 9; do
	head -c 70000 /dev/urandom >"$WORK/tree/dir/f$i"
done
{ echo 'THE BYTES THAT ARE HIT' && head -c 9000 /dev/urandom; } >"$WORK/tree/dir/hit"
mkdir -m 755 "$WORK/img"
cd "$WORK/img" || die "no folder"
mke2fs -q -t ext4 -d "$WORK/tree" disk.img 8M || die "mke2fs failed"
chmod 644 disk.img
mount_ro "$WORK/img/disk.img" "$WORK/mnt"
serve
mark=.img2nfs-unproven

# damage FILE: one bit of a file's content, stored as it is.
damage() {
	at=$(grep -abo 'THE BYTES THAT ARE HIT' "$1" | head -n 1 | cut -d : -f 1)
	[ -n "$at" ] || die "$1: nothing to hit"
	printf U | dd of="$1" bs=1 seek="$at" conv=notrunc status=none
}
zip -q -0 good.zip disk.img
cp good.zip bad.zip && damage bad.zip
cp disk.img bad.img && damage bad.img
sum=$(sha256sum disk.img | cut -d ' ' -f 1)

# is_wrong PATH: as the damaged image has it, and nobody would see it by size and time.
is_wrong() {
	[ "$(head -c 3 "$exp/$1/dir/hit")" = UHE ] || bad "$1: the damaged content was not stored, the test tests nothing"
	[ "$(stat -c '%s %y' "$exp/$1/dir/hit")" = "$(stat -c '%s %y' "$WORK/mnt/dir/hit")" ] ||
		bad "$1: size or time tell"
	[ -s "$exp/$1/$mark" ] || bad "$1: nothing says that contents are not proved"
}

# is_right PATH
is_right() {
	same_tree "$WORK/mnt" "$exp/$1"
	[ ! -e "$exp/$1/$mark" ] || bad "$1: the file is still there"
}

# --update, after a checksum at the end of the stream, and after one of the whole file.
extract bad.zip "$(ganesha_url srv /zip)"
want_rc 3
want_err 'is incomplete: all '
want_err 'with another IMAGE, contents are compared then'
is_wrong zip
extract --update --dry-run good.zip "$(ganesha_url srv /zip)"
want_rc 0
want_out 'dir/hit'
is_wrong zip
extract --json --update good.zip "$(ganesha_url srv /zip)"
want_rc 0
want_err 'they are compared'
want_json "j['update']['replaced'] == 1"
is_right zip

extract --sha256="$sum" bad.img "$(ganesha_url srv /sum)"
want_rc 8
is_wrong sum
extract --update disk.img "$(ganesha_url srv /sum)"	# which has nothing to prove
want_rc 0
is_right sum

# A file that is damaged in another way does not make the first one's contents good.
extract bad.zip "$(ganesha_url srv /twice)"
want_rc 3
extract --update bad.img --sha256="$sum" "$(ganesha_url srv /twice)"
want_rc 8
is_wrong twice
extract --update bad.img --sha256="$sum" "$(ganesha_url srv /twice)"
want_rc 8
want_err 'they are compared'
extract --update good.zip "$(ganesha_url srv /twice)"
want_rc 0
is_right twice

# --atomic: what is beside is not put into its place.
extract --atomic bad.zip "$(ganesha_url srv /atom)"
want_rc 3
want_err 'nothing was swapped'
is_wrong atom.new
extract --atomic good.zip "$(ganesha_url srv /atom)"
want_rc 0
is_right atom

# The very same file: what is there is proved, or not, by the same checksum.
extract bad.zip "$(ganesha_url srv /same)"
extract --json --update bad.zip "$(ganesha_url srv /same)"
want_rc 3
want_json "j['update']['equal'] == j['planned']['total']"
! grep -q 'they are compared' "$WORK/err" || bad "contents of the same file were compared"
is_wrong same

# Killed at its 24th request, the ninth after that file was made: it stays.
proxy_start p srv freeze=24:600000
as_nobody "$bin" extract good.zip "$(proxy_url p srv /killed)" >"$WORK/out" 2>"$WORK/err" </dev/null &
job=$!
until_ok 60 test -s "$exp/killed/$mark" || bad "nothing says that contents are not proved"
pkill -KILL -f 'extract good.zip .*/killed' || bad "no run to kill"
wait $job
[ -s "$exp/killed/$mark" ] || bad "it is gone with the run"
cp good.zip again.zip
extract --update --break-lock again.zip "$(ganesha_url srv /killed)"
want_rc 0
want_err 'they are compared'
is_right killed
e2e_end
