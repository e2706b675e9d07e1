# A Linux NFS server forgets its clients in mid-run, again and again, as its administrator tells it to; and it is started
# again, with a grace period: over NFSv4 the run goes on as another client each time, and the tree on its disk is right.
. "$top/tests/lib/e2e.sh"
. "$top/tests/lib/nfs4.sh"
. "$top/tests/lib/knfsd.sh"
need_loop
use_fixture plain
mount_ro "$img" "$WORK/mnt"
same_times=''
knfsd_start srv

as_nobody "$bin" extract --json --window=2 "$img" "$(knfsd_url srv /root)" >"$WORK/out" 2>"$WORK/err" </dev/null &
run=$!
stored() {
	[ "$(knfsd_do srv 'find /srv/export/root -type f 2>/dev/null | wc -l')" -ge "$1" ] || ! kill -0 $run 2>/dev/null
}
times=0
for n in 100 500 900 1300; do
	until_ok 120 stored $n || die "not $n files: $(cat "$WORK/err")"
	kill -0 $run 2>/dev/null || break
	if [ $n = 900 ]; then
		knfsd_restart srv
	else
		knfsd_do srv 'for c in /proc/fs/nfsd/clients/*/ctl; do echo expire >$c; done' || die "cannot expire"
	fi
	times=$((times + 1))
done
wait $run
rc=$?
want_rc 0
[ $times -ge 3 ] || die "the run was over too soon"
# one to open for the check, the lock and the tree each, and one to close; and one for each time
want_json "j['requests']['SETCLIENTID'] > $times and j['resent'] >= $times and j['failed']['count'] == 0"
echo "$(json '"%d clients, %d requests sent again" % (j["requests"]["SETCLIENTID"], j["resent"])')"
knfsd_disk srv
same_tree "$WORK/mnt" "$disk/export/root"
e2e_end
