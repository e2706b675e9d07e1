# Without root anywhere: an image made by mke2fs, a server that keeps all in memory, and an
# independent NFS reader.
. "$top/tests/lib/e2e.sh"
need mke2fs python3
d=$WORK/user
mkdir -m 777 "$d"
ganesha_start mem mem -
as_nobody sh -e -c '
	umask 022
	mkdir "$1/tree"
	cd "$1/tree"
	mkdir -p etc usr/bin var/empty
	for i in $(seq 200); do echo "line $i" >"etc/file-$i"; done
	: >etc/empty
	head -c 300000 /dev/zero | tr "\0" x >usr/bin/large
	chmod 755 usr/bin/large
	chmod 700 var/empty
	ln etc/file-1 etc/second-name
	ln -s ../usr/bin/large etc/link
	ln -s "$(printf "t%.0s" $(seq 200))" etc/long-link
	mkfifo var/fifo
	find . -exec touch -h -d "2011-02-03 04:05:06 UTC" {} +
	mke2fs -q -F -t ext4 -d . "$1/img" 16M' - "$d" || die "cannot make the image"
extract --json --allow-loss=all "$d/img" "$(ganesha_url mem /deep/down)"
want_rc 0
want_json 'j["stored"]["files"] == 202 and j["stored"]["links"] == 1 and j["stored"]["fifos"] == 1'
want_json 'j["not_stored"] == 0'
# As uid 0, because lost+found is closed to others; an ordinary user may claim that as well as the program does.
nfslist=$(for_nobody "$O/tests/tools/nfslist") || exit 1
as_nobody "$nfslist" "$(ganesha_url mem /deep/down)&uid=0&gid=0" >"$WORK/got.raw" || die "cannot list"
grep -v '^lost+found	' "$WORK/got.raw" | LC_ALL=C sort >"$WORK/got"
(cd "$d/tree" && find . -mindepth 1 -printf '%P\t%y\t%m\t%U\t%G\t%s\t%T@\t%l\n') |
	awk -F '	' -v OFS='	' '{ if ($2 != "f") $6 = "-"; sub(/\..*/, "", $7); print }' |
	LC_ALL=C sort >"$WORK/want"
[ "$(wc -l <"$WORK/want")" -ge 200 ] || bad "the list to compare with is too short"
# mke2fs -d leaves the times of symlinks and folders to the day; those of files are the source's.
strip() {
	awk -F '	' -v OFS='	' '{ if ($2 != "f") $7 = "-"; print }' "$1"
}
strip "$WORK/want" >"$WORK/want.strip"
strip "$WORK/got" >"$WORK/got.strip"
diff "$WORK/want.strip" "$WORK/got.strip" || failed=1
e2e_end
