# Whatever happens to one of the requests of a small run, that of the lock among them: the run does not
# take its own lock for another's, the tree is complete, its root has its times, and no lock is left.
. "$top/tests/lib/e2e.sh"
. "$top/tests/lib/nfsproxy.sh"
. "$top/tests/lib/tiny_image.sh"
need_root "another owner's files"
tiny_image "$WORK/tiny.img"
chmod 755 "$WORK"
img=$(for_nobody "$WORK/tiny.img")
serve
touch -d '2001-02-03 04:05:06' "$WORK/when"
debugfs -w -R 'set_inode_field / mtime 20010203040506' "$img" >"$WORK/debugfs.log" 2>&1
want=$(TZ=UTC date -u -d '2001-02-03 04:05:06' +%s)

k=1
while [ $k -le 40 ]; do
	for rule in lose-reply=$k drop-call=$k dup-call=$k twin=1; do
		# under two xids, with another reply: only updates stand that everywhere
		[ $rule != twin=1 ] || [ $k -eq 1 ] || continue
		# NFSv4.0 promises nothing of a request that comes twice; TCP and we do not do that
		! is_v4 || [ $rule != dup-call=$k ] || continue
		proxy_start px srv "$rule"
		how=
		[ $rule != twin=1 ] || { how=--update; mkdir "$exp/$rule"; }
		extract $how --no-check --allow-loss=all "$img" "$(proxy_url px srv "/$rule")"
		proxy_stop px >"$WORK/seen"
		[ "$rc" -eq 0 ] || bad "$rule: status $rc"
		[ ! -s "$WORK/err" ] || ! grep -q lock "$WORK/err" || bad "$rule: a word about locks"
		[ ! -e "$exp/$rule/.img2nfs-lock" ] || bad "$rule: the lock is left"
		[ "$(stat -c %Y "$exp/$rule")" -eq "$want" ] || bad "$rule: the time of the root is $(stat -c %y "$exp/$rule")"
		[ "$(find "$exp/$rule" | wc -l)" -eq 9 ] || bad "$rule: $(find "$exp/$rule")"
	done
	seen=$(sed -n 's/.*calls=\([0-9]*\).*/\1/p' "$WORK/seen")
	[ $k -lt "$seen" ] || break
	k=$((k + 1))
done
echo "$k requests"
[ $k -gt 20 ] || bad "only $k requests seen"

# The REMOVE (12) of the lock is carried out twice at a time: nfs-ganesha answers one of the two STALE (70).
if ! is_v4; then
	proxy_start px srv "log=$WORK/calls"
	extract --no-check --allow-loss=all "$img" "$(proxy_url px srv /look)"
	proxy_stop px >"$WORK/seen"
	[ "$(grep -c '^[0-9]* 12 ' "$WORK/calls")" -eq 1 ] || bad "not one REMOVE"
	proxy_start px srv "lose-reply=$(awk '$2 == 12 { print $1 }' "$WORK/calls")" status=12:70:2
	extract --no-check --allow-loss=all "$img" "$(proxy_url px srv /twice)"
	proxy_stop px >"$WORK/seen"
	want_rc 0
	[ "$(find "$exp/twice" | wc -l)" -eq 9 ] || bad "$(find "$exp/twice")"
fi
e2e_end
