# A destination with anything in it is refused before a byte is written.
. "$top/tests/lib/e2e.sh"
need_loop
use_fixture plain
serve
mkdir "$exp/used"
echo mine >"$exp/used/file"
touch -d '2020-01-01' "$exp/used/file" "$exp/used"
before=$(find "$exp" -printf '%P %y %m %s %T@ %C@\n' | sort)
extract "$img" "$(ganesha_url srv /used)"
want_rc 4
want_err 'not empty'
[ "$before" = "$(find "$exp" -printf '%P %y %m %s %T@ %C@\n' | sort)" ] || bad "something was written"
# A file in the way is no directory.
extract "$img" "$(ganesha_url srv /used/file)"
want_rc 4
want_err 'used/file'
[ "$(cat "$exp/used/file")" = mine ] || bad "the file in the way was changed"
# Empty is fine.
mkdir "$exp/empty"
extract --allow-loss=symlink-times "$img" "$(ganesha_url srv /empty)"
want_rc 0
e2e_end
