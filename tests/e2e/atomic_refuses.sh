# --atomic: what cannot be swapped is refused before anything is built.
. "$top/tests/lib/e2e.sh"
. "$top/tests/lib/tiny_image.sh"
need_root "another owner's files"
tiny_image "$WORK/tiny.img"
img=$(for_nobody "$WORK/tiny.img")
serve
mkdir "$exp/real" "$exp/d" "$exp/d.old"
ln -s real "$exp/link"
echo x >"$exp/file"
echo x >"$exp/d.new"
find "$exp" | sort >"$WORK/before"

refused() {	# PATH TEXT
	extract --atomic --allow-loss=all "$img" "$(ganesha_url srv "$1")"
	want_rc 4
	want_err "$2"
	find "$exp" | sort | diff "$WORK/before" - || bad "$1: something was written"
}
refused /link "'link' on the server is a symlink, not a directory"
want_err 'change the link yourself'
refused /file "'file' on the server is not a directory"
refused /d "'d.new' on the server is not a directory"
rm "$exp/d.new"
rmdir "$exp/d.old"
ln -s real "$exp/d.old"
find "$exp" | sort >"$WORK/before"
refused /d "'d.old' on the server is a symlink"
# the export itself: what is above it is not exported
refused '' "--atomic needs the directory above 'export'"

serve rosrv ro
mkdir "$WORK/rosrv.exp/there"
extract --atomic "$img" "$(ganesha_url rosrv /there)"
want_rc 4
want_err "--atomic needs the directory above 'there'"
want_err NFS3ERR_ROFS
want_empty "$WORK/rosrv.exp/there"

serve squash squash=Root_Squash
chmod 777 "$exp"
extract --atomic "$img" "$(ganesha_url squash /there)"
want_rc 4
want_err "the server takes us for uid"
want_empty "$exp"

# The parent is made, as it is without --atomic.
serve deep
extract --atomic --allow-loss=all "$img" "$(ganesha_url deep /a/b/c)"
want_rc 0
[ "$(ls -A "$exp/a/b")" = c ] || bad "it holds $(ls -A "$exp/a/b")"
[ -e "$exp/a/b/c/etc/motd" ] || bad "no tree"

# The server refuses the last renaming, the third: the one before it is undone.
. "$top/tests/lib/nfsproxy.sh"
mkdir "$exp/back"
echo old >"$exp/back/mark"
proxy_start px deep status=14:13:3
extract --atomic --allow-loss=all "$img" "$(proxy_url px deep /back)"
want_rc 4
want_err NFS3ERR_ACCES
want_err 'nothing was swapped'
[ "$(cat "$exp/back/mark")" = old ] || bad "the old tree is not back"
[ ! -e "$exp/back.old" ] || bad "there is a .old"
[ -e "$exp/back.new/etc/motd" ] || bad "the new tree is gone"
e2e_end
