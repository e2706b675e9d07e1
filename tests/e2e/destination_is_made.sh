# The URL's path may lie deep below what is exported: what is missing of it is made.
. "$top/tests/lib/e2e.sh"
need_loop
use_fixture plain
serve
mkdir "$exp/there"
extract --quiet --allow-loss=symlink-times "$img" "$(ganesha_url srv /there/not/yet/made)"
want_rc 0
[ -s "$exp/there/not/yet/made/sizes/bytes-1" ] || bad "nothing arrived at there/not/yet/made"
# --quiet with nothing wrong says nothing.
[ ! -s "$WORK/out" ] && [ ! -s "$WORK/err" ] || bad "--quiet is not quiet"
# The export's own root is a destination too.
serve whole
extract --quiet --allow-loss=symlink-times "$img" "$(ganesha_url whole)"
want_rc 0
[ -s "$exp/sizes/bytes-1" ] || bad "nothing arrived in the export's root"
e2e_end
