# However a run ends - a signal, a killed server, a lost connection - `--update` finishes it.
. "$top/tests/lib/e2e.sh"
. "$top/tests/lib/nfsproxy.sh"
need_loop
use_fixture count
mount_ro "$img" "$WORK/mnt"
"$O/tests/tools/dirdump" -S "$WORK/mnt" >"$WORK/want" || die "cannot list the image"
serve
mkdir -m 777 "$WORK/far"
watched=$(for_nobody "$O/tests/tools/watched") || exit 1

# finish NAME: and what is at NAME is the image's tree.
finish() {
	extract --json --update --break-lock --allow-loss=symlink-times "$img" "$(ganesha_url srv "/$1")"
	want_rc 0
	want_json "j['stored'] == j['planned'] and j['update']['equal'] > 0"
	"$O/tests/tools/dirdump" -S "$exp/$1" >"$WORK/got" || bad "cannot list what arrived"
	diff "$WORK/want" "$WORK/got" >"$WORK/diff" || bad "$1 differs: $(head -n 6 "$WORK/diff")"
}

# After N requests the connection is gone, and the run gives up.
for n in 40 700 3000; do
	proxy_start "p$n" srv lose-reply=$n down=600000
	extract --retry-for=0 --allow-loss=symlink-times "$img" "$(proxy_url "p$n" srv "/d$n")"
	proxy_kill "p$n"
	[ "$rc" -eq 0 ] || want_err '--update'
	finish "d$n"
done

has_files() {
	[ "$(find "$exp/$1" -type f -size +0 2>/dev/null | head -n 20 | wc -l)" -ge 20 ]
}

# A signal to a first run.
rm -f "$WORK/far/watched"
as_nobody "$watched" "$WORK/far/watched" "$bin" extract --window=1 "$img" "$(ganesha_url srv /sig)" \
	>"$WORK/out" 2>"$WORK/err" </dev/null &
job=$!
until_ok 60 has_files sig || bad "no work seen"
kill -s INT "$(sed -n 's/^pid //p' "$WORK/far/watched")" 2>/dev/null
wait $job
finish sig

# The server is killed.
as_nobody "$bin" extract --window=2 --retry-for=0 "$img" "$(ganesha_url srv /kill)" \
	>"$WORK/out" 2>"$WORK/err" </dev/null &
job=$!
until_ok 60 has_files kill || bad "no work seen"
ganesha_stop srv KILL
wait $job
ganesha_run srv || die "the server does not start again"
finish kill
e2e_end
