# One reply never comes while others do: the request is sent again while the run goes on, not after a minute of silence
# at its end; and the tree is right.
. "$top/tests/lib/e2e.sh"
. "$top/tests/lib/nfsproxy.sh"
need_loop
mkdir -p "$WORK/src"
for d in 1 2 3 4 5 6 7 8; do
	mkdir "$WORK/src/$d"
	(cd "$WORK/src/$d" && for f in $(seq 1 60); do echo "$d $f" >"$f"; done)
done
img=$WORK/tree.img
truncate -s 16M "$img"
mke2fs -q -F -t ext4 -O ^has_journal -E root_owner=0:0 -d "$WORK/src" "$img" || die "mke2fs failed"
chmod a+r "$img"
img=$(for_nobody "$img") || die "no image for nobody"
mkdir "$WORK/mnt"
mount_ro "$img" "$WORK/mnt"
serve
# 1500 requests, 2 at a time, 20 ms each: 15 s. Half of --retry-for is how long a reply may be missing.
for k in 60 200; do
	proxy_start p srv -d 20000 "eat-reply=$k"
	extract --window=2 --retry-for=6 --json "$img" "$(proxy_url p srv "/k$k")"
	proxy_kill p
	want_rc 0
	want_err 'it answers, but not everything'
	# one, and two requests at most with each, but for a machine that stands still as long itself
	want_json "1 <= j['reconnects'] <= 3 and 1 <= j['resent'] <= 2 * j['reconnects']"
	same_tree "$WORK/mnt" "$exp/k$k"
done
e2e_end
