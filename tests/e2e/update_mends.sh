# --update: leaves alone what is equal, without a byte of file data, and mends everything that is not.
. "$top/tests/lib/e2e.sh"
need_loop
use_fixture plain
mount_ro "$img" "$WORK/mnt"
serve
url=$(ganesha_url srv /root)

refuses_without() {
	extract "$img" "$url"
	want_rc 4
	want_err 'not empty'
	want_err '--update'
}

# update [OPTION...]: and what is there must be the image's tree.
update() {
	extract --json --update --allow-loss=symlink-times "$@" "$img" "$url"
	want_rc 0
	want_json "j['stored'] == j['planned']"
	same_tree "$WORK/mnt" "$exp/root"
}

extract --json --allow-loss=symlink-times "$img" "$url"
want_rc 0
want_json 'j["update"] is None'
losses=$(json '[(l["class"], l["count"]) for l in j["losses"]]')
all=$(json 'j["requests"]["total"]')
refuses_without

# Equal: nothing is written, and few requests. Losses are told again.
update
want_json "j['update']['equal'] == j['stored']['total']"
for p in WRITE CREATE MKDIR SYMLINK MKNOD LINK REMOVE RMDIR RENAME COMMIT READ; do
	case $p in
	# the check before the run, and the lock, make and remove a few objects
	CREATE | MKDIR | MKNOD | REMOVE | RMDIR | SYMLINK | LINK | WRITE | READ)
		want_json "j['requests']['$p'] <= 3"
		;;
	*) want_json "j['requests']['$p'] == 0" ;;
	esac
done
want_json "j['requests']['total'] * 2 < $all and j['bytes_written'] == 0"
[ "$losses" = "$(json '[(l["class"], l["count"]) for l in j["losses"]]')" ] || bad "other losses than $losses"

# Everything that can be wrong. The server keeps what it has seen: it sleeps meanwhile.
ganesha_stop srv
r=$exp/root
find "$r" | sort >"$WORK/names"
file() {	# FILE N: the N-th regular file of at least one byte with one name
	find "$r" -type f -links 1 -size +0c | sort | sed -n "$1p"
}
f=$(file 1); [ -n "$f" ] || die "no file"
printf x | dd of="$f" bs=1 count=1 conv=notrunc 2>/dev/null	# content, and so the mtime
f=$(file 2); chmod 0000 "$f"; touch -r "$WORK/mnt${f#"$r"}" "$f"
f=$(file 3); chown 1:1 "$f"
f=$(file 4); rm "$f"
f=$(file 5); rm "$f"; mkdir "$f"				# an empty directory in the way of a file
f=$(file 6); rm "$f"; ln -s nowhere "$f"
f=$(file 7); : >"$f"						# cut short, as by an interruption
f=$(file 8); ln "$f" "$WORK/srv.exp/snapshot"; chmod 0123 "$f"	# must not change through another's name
f=$(find "$r" -type l | sort | head -n 1)
t=$(readlink "$f"); rm "$f"; ln -s "$(printf %s "$t" | tr a-z b-za)" "$f"	# same length, other target
f=$(find "$r" -type f -links +1 | sort | tail -n 1)
cp -p "$f" "$WORK/copy"; rm "$f"; cp -p "$WORK/copy" "$f"	# a hard link that is one no more
f=$(find "$r" -type d -empty | sort | head -n 1)
[ -z "$f" ] || { rmdir "$f"; echo in the way >"$f"; }
chown 7:8 "$r/modes/dir-0644"
touch "$r"
echo left >"$r/.img2nfs-tmp-00000007"				# of an interrupted run
find "$r" -type p -exec rm {} +
ganesha_run srv || die "the server does not start again"
url=$(ganesha_url srv /root)
update
want_json "0 < j['update']['equal'] < j['stored']['total'] and j['update']['replaced'] >= 4"
want_json "j['update']['attributes'] >= 2 and j['update']['extra'] == 0"
[ "$(stat -c %a "$exp/snapshot")" = 123 ] || bad "an object was changed through a name outside the tree"

# Extra objects stay; a directory with content stays in the way, and that is said.
ganesha_stop srv
echo mine >"$r/extra"
f=$(file 4)
rm "$f"
mkdir "$f"
echo mine >"$f/mine"
ganesha_run srv || die "the server does not start again"
extract --json --update --allow-loss=symlink-times "$img" "$url"
want_rc 4
want_err 'a directory that is not empty is in its place'
want_json "j['update']['extra'] == 1 and j['not_stored'] == 1"
[ "$(cat "$r/extra" "$f/mine")" = "mine
mine" ] || bad "what the image does not have was touched"
extract --update "$img" null:
want_rc 2
e2e_end
