# extract --verify reads back over a connection of its own, --manifest keeps what a later verify
# needs.
. "$top/tests/lib/e2e.sh"
need_root "the VFS export of nfs-ganesha"
use_fixture plain
serve
manifest=${TMPDIR:-/var/tmp}/img2nfs-manifest.$$
as_nobody touch "$manifest"
at_exit "rm -f '$manifest'"

extract --verify --manifest="$manifest" --allow-loss=symlink-times --json "$img" "$(ganesha_url srv /a)"
want_rc 0
want_json 'j["verify"]["differences"]["count"] == 0 and j["verify"]["compared"] == j["stored"]["total"]'
want_json 'j["verify"]["requests"]["READ"] >= 2000 and j["verify"]["requests"]["WRITE"] == 0'
# But for the lock, which is read now and then, storing reads nothing.
want_json 'j["requests"]["READ"] < 20 and j["requests"]["WRITE"] + j["requests"]["STORE"] > 1000'
"$bin" manifest "$img" 2>/dev/null | cmp - "$manifest" || bad "--manifest and the command manifest differ"

extract --verify --allow-loss=symlink-times "$img" "$(ganesha_url srv /b)"
want_rc 0
want_out "Read back and compared: 0 differences; compared"

extract --verify "$img" null:
want_rc 2
want_err "option '--verify' is for servers, and the destination is null:"

extract --manifest=/nonexistent/dir/file --allow-loss=symlink-times "$img" "$(ganesha_url srv /c)"
want_rc 7
want_err "cannot write '/nonexistent/dir/file': No such file or directory"
[ ! -e "$exp/c" ] || bad "what cannot be written was noticed after the tree was"
e2e_end
