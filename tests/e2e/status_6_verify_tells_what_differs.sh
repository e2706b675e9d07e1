# verify: status 0 on what extract has just stored; status 6 and every class of difference by its word and path after the
# server's tree was changed behind its back.
. "$top/tests/lib/e2e.sh"
. "$top/tests/lib/tiny_image.sh"
need_root "a server that keeps owners"
tiny_image "$WORK/x.img"
img=$(for_nobody "$WORK/x.img") || exit 1
serve
extract --quiet --allow-loss=symlink-times "$img" "$(ganesha_url srv /t)"
want_rc 0

verify() {
	as_nobody "$bin" verify "$@" "$img" "$(ganesha_url srv /t)" >"$WORK/out" 2>"$WORK/err" </dev/null
	rc=$?
}
verify
want_rc 0
want_out '0 differences; compared 8 objects and 70.0 kB'
[ "$failed" -eq 0 ] || exit 1

# ganesha answers from its cache: it is not running while its tree changes.
ganesha_stop srv
cd "$exp/t" || exit 1
# one byte, same size, same time
printf y | dd of=big bs=1 seek=40000 conv=notrunc status=none
touch -r "$WORK/tiny/big" big
chmod 4755 empty
touch -r "$WORK/tiny/empty" empty
chown 7:8 etc/motd
ln -sfn etc/passwd link
rm slow-link
echo new >extra
rmdir lost+found
echo 'not a folder' >lost+found
touch -d '2001-02-03 04:05:06' etc
cd "$top" || exit 1
ganesha_restart srv
verify
want_rc 6
# by hand from the changes above
want_line() {
	grep -q "^$1 *'$2'" "$WORK/out" || bad "no line: $1 '$2'"
}
want_line content big
want_line mode empty
want_line owner etc/motd
want_line target link
want_line missing slow-link
want_line extra extra
want_line type lost+found
want_line mtime etc
verify --json
want_rc 6
want_json 'j["status"] == 6'
want_json 'all(j["differences"][c] >= 1 for c in "content mode owner target missing extra type mtime".split())'
e2e_end
