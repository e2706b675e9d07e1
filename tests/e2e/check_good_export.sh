# A fit export passes the check, in some dozen requests, and nothing is left behind; with an image
# the room is compared with what the image needs, and what NFSv3 cannot hold is listed.
. "$top/tests/lib/e2e.sh"
need_loop

check() {
	as_nobody "$bin" check "$@" >"$WORK/out" 2>"$WORK/err" </dev/null
	rc=$?
}

state() {
	echo "[f['state'] for f in j['findings'] if f['id'] == '$1'] == ['$2']"
}

serve
mkdir "$exp/there"
echo kept >"$exp/there/file"
find "$exp" -printf '%p %i %s %m\n' >"$WORK/before"
# ganesha does not keep the times of symlinks: the one thing lost.
check --json "$(ganesha_url srv /there)"
want_rc 1
want_json "[f['id'] for f in j['findings'] if f['state'] != 'ok'] == ['symlink-times']"
want_json "len(j['findings']) == 20"
want_json 'j["requests"] <= 36'
echo "requests: $(json 'j["requests"]')"
check --allow-loss=symlink-times "$(ganesha_url srv /there/not/yet)"
want_rc 0
want_out 'nothing is left on the server'
find "$exp" -printf '%p %i %s %m\n' | diff "$WORK/before" - || failed=1

use_fixture plain
check --json --allow-loss=symlink-times "$(ganesha_url srv /there)" "$img"
want_rc 0
want_json "$(state space ok)"
want_json "'the image needs' in [f['text'] for f in j['findings'] if f['id'] == 'inodes'][0]"
want_json "j['losses'] == []"

use_fixture loss
check --json "$(ganesha_url srv /there)" "$img"
want_rc 1
want_json "sorted(l['class'] for l in j['losses']) == ['acl', 'caps', 'chattr', 'xattr']"
# It has no symlinks, so nothing of them is lost.
want_json "$(state symlink-times ok)"
find "$exp" -printf '%p %i %s %m\n' | diff "$WORK/before" - || failed=1

# Who asks may be said in the URL as well; without it this directory would be fit.
check --json "$(ganesha_url srv /there)&uid=12345&gid=12345"
want_rc 4
want_json "[f['state'] for f in j['findings'] if f['id'] == 'writable'] == ['fail']"

# A bad image is found out before the server is asked.
check "$(ganesha_url srv /there)" /dev/null
want_rc 3
e2e_end
