# What an interrupted run has sent may reach the server when the next run has already looked: `--update` takes what then
# is there, a first run calls it a conflict.
. "$top/tests/lib/e2e.sh"
. "$top/tests/lib/nfsproxy.sh"
need_loop
use_fixture plain
mount_ro "$img" "$WORK/mnt"
"$O/tests/tools/dirdump" -S "$WORK/mnt" >"$WORK/want" || die "cannot list the image"
serve
mkdir "$exp/first" "$exp/again"
proxy_start twin srv twin=1

extract --no-check --allow-loss=all "$img" "$(proxy_url twin srv /first)"
want_rc 4
want_err 'NFS3ERR_EXIST'

extract --no-check --allow-loss=all --update --json "$img" "$(proxy_url twin srv /again)"
want_rc 0
want_json "j['stored'] == j['planned']"
"$O/tests/tools/dirdump" -S "$exp/again" >"$WORK/got" || bad "cannot list what arrived"
diff "$WORK/want" "$WORK/got" >"$WORK/diff" || bad "it differs: $(head -n 6 "$WORK/diff")"
e2e_end
