# What the check makes is removed after an interruption at any time, after a broken connection at any
# request, and when the server does not name what it made.
. "$top/tests/lib/e2e.sh"
. "$top/tests/lib/nfsproxy.sh"
need_root "a server that keeps owners"
serve

check() {
	as_nobody "$bin" check --allow-loss=symlink-times "$@" >"$WORK/out" 2>"$WORK/err" </dev/null
	rc=$?
}

# Stopped after 0.1, 0.3, ... s of a run that takes longer than a second. In the foreground, because
# else timeout(1) signals its group as well, and a second SIGINT ends the program at once.
proxy_start slow srv -d 200000
for t in 0.1 0.3 0.5 0.7 0.9 1.1; do
	as_nobody timeout --foreground -s INT "$t" "$bin" check "$(proxy_url slow srv)" >"$WORK/out" 2>"$WORK/err" </dev/null
	rc=$?
	[ $rc -eq 124 ] || want_rc 130
	want_empty "$exp"
done
proxy_stop slow >/dev/null

# The connection breaks before or after call k was carried out.
for k in 3 5 6 8 12 18 21 23 27 31 33; do
	for rule in drop-call lose-reply; do
		proxy_start cut srv "$rule=$k"
		check "$(proxy_url cut srv)"
		want_rc 0
		want_empty "$exp"
		proxy_stop cut >/dev/null
	done
done

# The RMDIR (13), carried out twice at a time: one of the two
# is answered STALE (70).
proxy_start look srv "log=$WORK/calls"
check "$(proxy_url look srv)"
proxy_stop look >/dev/null
last=$(awk '$2 == 13 { print $1 }' "$WORK/calls")
proxy_start twice srv "lose-reply=$last" status=13:70:2
check "$(proxy_url twice srv)"
want_rc 0
want_empty "$exp"
proxy_stop twice

# What was found while the connection broke is not believed: MKDIR (9) is sent twice, and what comes at about the time
# of the first SETATTR (2), whichever probe it is, is refused once.
made=$(awk '$2 == 9 { print $1; exit }' "$WORK/calls")
first=$(awk '$2 == 2 { print $1; exit }' "$WORK/calls")
proxy_start once srv "drop-call=$made" "fail-call=$first:1"
check "$(proxy_url once srv)"
want_rc 0
want_empty "$exp"
proxy_stop once

proxy_start bare srv no-attrs
check "$(proxy_url bare srv)"
want_rc 0
want_empty "$exp"
proxy_stop bare

# A server that is gone for good in the middle: the name of what may be left is told.
proxy_start gone srv lose-reply=12 down=600000
check --retry-for=1 "$(proxy_url gone srv)"
want_rc 4
want_err '.img2nfs-check-'
proxy_stop gone >/dev/null
e2e_end
