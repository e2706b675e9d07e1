# Before the first object and after the last one a run waits for few replies, however deep the tree
# is: what does not depend on a reply goes with what is waited for.
. "$top/tests/lib/e2e.sh"
. "$top/tests/lib/nfsproxy.sh"
only_v3 "the rounds are told by its procedures"
need_root "a server that keeps owners"
need mke2fs

deep=$WORK/tree/a/b/c/d/e/f
mkdir -p "$deep"
echo data >"$WORK/tree/first"
echo data >"$deep/last"
img=$WORK/deep.img
mke2fs -q -t ext4 -d "$WORK/tree" "$img" 4m || die "no image"
img=$(for_nobody "$img")
serve

# look RTT: both runs with this delay. The log's fourth column is the round of a call: it came after a
# reply to the round before.
look() {
	proxy_start p srv -d "$1" log="$WORK/calls"
	for at in new empty; do
		[ $at = new ] || mkdir "$exp/empty.$1"
		extract "$img" "$(proxy_url p srv /$at.$1)"
		want_rc 0
	done
	proxy_stop p
	rounds >"$WORK/rounds"
	cat "$WORK/rounds"
}

# Both runs are in the log. Each: what the server is; the scratch directory; two objects in it;
# SETATTR and the first removal; then, for a new directory, that is made; removal of the scratch
# directory; the lock. After the last file: its data, its attributes, all its directories'; is the
# lock still ours, its removal, the attributes of the root.
# A run begins with a FSINFO, and with what goes over the other connection in the same round.
rounds() {
	awk '{ print $2 == 19 ? 0 : 1, $0 }' "$WORK/calls" | sort -s -k 5,5n -k 1,1n | cut -d ' ' -f 2- | awk '
	$2 == 19 { base = $4 - 1; run++; creates = 0 }
	$2 == 8 && ++creates == 3 { first[run] = $4 - base }
	$2 == 8 { last = $4 - base }
	{ rest[run] = $4 - base - last }
	END { for (i = 1; i <= run; i++) print first[i], rest[i] }'
}

# What goes together is not always sent together by a machine that has other things to do; the number of rounds grows
# then, and the more delay the less.
for rtt in 100000 400000 1600000; do
	look $rtt
	[ "$(echo $(cat "$WORK/rounds"))" != "8 6 10 6" ] || break
done
[ "$(sed -n 1p "$WORK/rounds")" = "8 6" ] || bad "a new directory: not 8 and 6 rounds"
[ "$(sed -n 2p "$WORK/rounds")" = "10 6" ] || bad "an empty directory: not 10 and 6 rounds"
e2e_end
