# Reading back over a network that breaks, a server that asks for patience and one that forgets its
# directory cookies: the verification is complete and finds no differences. And one that is there.
. "$top/tests/lib/e2e.sh"
. "$top/tests/lib/nfsproxy.sh"
need_root "the VFS export of nfs-ganesha"
use_fixture plain
serve
extract --quiet --allow-loss=symlink-times "$img" "$(ganesha_url srv /x)"
want_rc 0

# A READ of the changed file can meet any of the faults.
verify() {
	proxy_start p srv "$@"
	as_nobody "$bin" verify --json "$img" "$(proxy_url p srv /x)" >"$WORK/out" 2>"$WORK/err" </dev/null
	rc=$?
	proxy_stop p >"$WORK/proxy"
}

all_there='j["compared"] == 3595 and j["not_read"] == 0 and j["bytes_compared"] >= 28000000'
none='j["differences"]["count"] == 0'
for rule in drop-call cut-call lose-reply cut-reply dup-call dup-reply; do
	set --
	for k in 3 5 40 300 301 900 1500 2300; do
		set -- "$@" "$rule=$k"
	done
	verify "$@"
	want_rc 0
	want_json "$all_there and $none"
	case $rule in dup-*) ;; *) want_json 'j["reconnects"] >= 6' ;; esac
done

verify jukebox=50
want_rc 0
want_json "$all_there and $none"

# READDIRPLUS answered with NFS3ERR_BAD_COOKIE: the listing starts anew, nothing is told twice.
# Half of what all of them take is more than any of the directories takes.
verify drop-call=0
clean=$(json 'j["requests"]["READDIRPLUS"]')
verify status=17:10003:$((clean / 2))
want_rc 0
want_json "$all_there and $none and j['requests']['READDIRPLUS'] > $clean"

# READ answered with NFS3ERR_IO: these files are named, the others compared.
verify status=6:5:500
want_rc 4
want_json 'j["not_read"] == j["failed"]["count"] == 4 and j["differences"]["count"] == 0'
want_json 'all("cannot read" in o["text"] and "ERR_IO" in o["text"] for o in j["failed"]["objects"])'
e2e_end
