# Of several boards some fail: a full disk, a read-only export, no server at all. The others are whole; the status and the
# messages say which is not. A signal ends all.
. "$top/tests/lib/e2e.sh"
need_loop
use_fixture plain
mount_ro "$img" "$WORK/mnt"
serve readonly ro
small_disk full 6 8000
serve full
serve
extract --json --no-check --allow-loss=symlink-times "$img" "$(ganesha_url srv /kitchen)" \
	"$(ganesha_url full /hall)" "$(ganesha_url readonly /door)" 'nfs://127.0.0.1/export/gone?nfsport=1&mountport=1' \
	"$(ganesha_url srv /attic)"
want_rc 4
want_json '[d["status"] for d in j["destinations"]] == [0, 4, 4, 4, 0]'
want_err 'hall: cannot'
want_err 'NFS3ERR_NOSPC'
want_err 'door: cannot'
want_err 'NFS3ERR_ROFS'
want_err 'gone: '
want_err '3 of 5 destinations are not complete'
! grep -q 'kitchen\|attic' "$WORK/err" || bad "a message about one that is well"
same_tree "$WORK/mnt" "$exp/kitchen"
same_tree "$WORK/mnt" "$exp/attic"
written=$(json 'j["destinations"][0]["bytes_written"]')
# what the full one did not take is not read again for the others
want_json "j['bytes_read'] == $written"
want_empty "$WORK/readonly.exp"

# Wrong words: nothing is begun.
extract "$img" "$(ganesha_url srv '/x/{a,b}')" null:
want_rc 2
extract --netboot --hostname=pi "$img" "$(ganesha_url srv '/x/{a,b}')"
want_rc 2
want_err "'--hostname'"
extract "$img" "$(ganesha_url srv '/x/{a,a}')"
want_rc 2
want_err 'twice'
[ ! -e "$exp/x" ] || bad "something was begun"

# ctrl-C
has_files() {
	for has_b in a b c; do
		[ "$(find "$exp/x/$has_b" -type f -print 2>/dev/null | head -n 20 | wc -l)" -ge 20 ] || return 1
	done
}
mkdir -m 777 "$WORK/far"
watched=$(for_nobody "$O/tests/tools/watched") || exit 1
as_nobody "$watched" "$WORK/far/watched" "$bin" extract --window=1 --json "$img" "$(ganesha_url srv '/x/{a,b,c}')" \
	>"$WORK/out" 2>"$WORK/err" </dev/null &
job=$!
until_ok 60 has_files || bad "no work seen in 60 s"
kill -s INT "$(sed -n 's/^pid //p' "$WORK/far/watched")" || bad "it had already ended"
wait $job
rc=$?
want_rc 130
want_json 'j["status"] == 130 and [d["status"] for d in j["destinations"]] == [130] * 3'
want_json 'all(0 < d["stored"]["total"] < d["planned"]["total"] for d in j["destinations"])'
[ "$(grep -c ': stopped by SIGINT' "$WORK/err")" -eq 3 ] || bad "not three that were stopped"
# and goes on from there
extract --update --allow-loss=symlink-times "$img" "$(ganesha_url srv '/x/{a,b,c}')"
want_rc 0
for b in a b c; do
	same_tree "$WORK/mnt" "$exp/x/$b"
done
e2e_end
