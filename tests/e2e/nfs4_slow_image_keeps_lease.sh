# An image that comes in slowly: while nothing of it comes for more than two leases, the server does not forget us, as the
# lease is renewed; no request has to be sent again, and what arrives is right.
. "$top/tests/lib/e2e.sh"
. "$top/tests/lib/nfs4.sh"
. "$top/tests/lib/nfsproxy.sh"
. "$top/tests/lib/spread_image.sh"
. "$top/tests/lib/feed.sh"
need_loop
need mke2fs
spread_image "$WORK/disk"
serve lease=6

# The log's second column: 130 is RENEW, which comes every two seconds. Seven of them are two leases.
renewed() {
	[ "$(awk '$2 == 130 { n++ } END { print n + 0 }' "$WORK/calls")" -ge "$1" ]
}

proxy_start p srv log="$WORK/calls"
feed_begin "$bin" extract -v --json --allow-loss=all - "$(proxy_url p srv /slow)"
feed_until "$WORK/disk" $(($(stat -c %s "$WORK/disk") / 2))
n=$(grep -c ' 130 ' "$WORK/calls")
until_ok 120 renewed $((n + 7)) || bad "$(grep -c ' 130 ' "$WORK/calls") renewals"
feed_rest "$WORK/disk"
feed_end
proxy_stop p >/dev/null
want_rc 0
want_json "j['resent'] == 0 and j['requests']['RENEW'] >= 7 and j['requests']['STORE'] > 1000"
mount_ro "$WORK/disk" "$WORK/mnt"
same_tree "$WORK/mnt" "$exp/slow"
e2e_end
