# The connection breaks at the k-th request of an update that replaces, deletes, mends and links, in each way there is:
# the run goes on and the tree equals the image; or it is the end of the run, and a second one finishes it. Nothing
# protected and nothing outside is touched. STEP=1 takes every k; by default each way takes every 8th.
. "$top/tests/lib/e2e.sh"
. "$top/tests/lib/nfsproxy.sh"
need_loop

# What is wanted.
src=$WORK/src
mkdir -p "$src/d/e" "$src/new/deep" "$src/was-file" "$WORK/srv.exp" "$WORK/mnt"
for f in same changed longer mode owner mtime d/gone d/e/equal new/a new/deep/b was-dir was-link; do
	printf 'content of %s\n' "$f" >"$src/$f"
done
head -c 300000 /dev/urandom >"$src/large"
ln "$src/same" "$src/d/same-too"
ln -s d/e "$src/link"
ln -s target "$src/retarget"
mkfifo "$src/fifo"
find "$src" -exec touch -h -d '2021-03-04 05:06:07.080910' {} +
img=$WORK/tree.img
truncate -s 16M "$img"
mke2fs -q -F -t ext4 -O ^has_journal -E root_owner=0:0 -d "$src" "$img" || die "mke2fs failed"
chmod a+r "$img"
img=$(for_nobody "$img") || die "no image for nobody"
mount_ro "$img" "$WORK/mnt"
dump() { "$O/tests/tools/dirdump" -S "$1"; }

# What is there: an older tree, what a broken run left, and what is nobody's business.
old=$WORK/old
outside=$WORK/srv.exp/outside
mkdir "$outside"
echo precious >"$outside/file"
cp -a "$WORK/mnt" "$old"
rm -r "$old/new" "$old/was-file" "$old/d/gone" "$old/was-dir" "$old/was-link" "$old/fifo" "$old/retarget"
echo other >"$old/changed"
echo more >>"$old/longer"
truncate -s 1000 "$old/large"
chmod 4711 "$old/mode"
chown 5:6 "$old/owner"
touch -d 2001-01-01 "$old/mtime" "$old/d"
echo file >"$old/was-file"
mkdir -p "$old/was-dir/full" "$old/extra/a/b" "$old/extra/own"
ln -s ../../outside "$old/was-link"
ln -s elsewhere "$old/retarget"
rm "$old/d/same-too"
cp -p "$old/same" "$old/d/same-too"
for f in was-dir/full/x extra/1 extra/2 extra/a/3 extra/a/b/4 extra/own/keep .img2nfs-tmp-0000000a; do
	echo old >"$old/$f"
done
ln -s ../../outside "$old/extra/a/out"	# a symlink to a directory is a symlink
ln -s /etc "$old/extra/etc"
dump "$WORK/mnt" >"$WORK/want" || exit 1
serve

# prepare NAME: a copy that the server has not seen yet.
prepare() {
	mkdir "$exp/$1"
	cp -a "$old" "$exp/$1/x"
}

# update URL [OPTION...]
update() {
	url=$1
	shift
	extract --json --update --delete --protect=/extra/own --allow-loss=symlink-times "$@" "$img" "$url"
}

# What is at NAME is the image's tree and what is protected; outside is as it was.
same() {
	dump "$exp/$1/x" >"$WORK/got" || bad "cannot list what arrived"
	grep -v '^\./extra' "$WORK/got" | diff "$WORK/want" - >"$WORK/diff" ||
		bad "$1: not what was to be stored: $(head -n 6 "$WORK/diff")"
	[ "$(cd "$exp/$1/x/extra" && find . | sort | tr '\n' ' ')" = ". ./own ./own/keep " ] ||
		bad "$1: of what the image does not have there is $(find "$exp/$1/x/extra")"
	[ "$(cat "$outside/file" "$exp/$1/x/extra/own/keep")" = "precious
old" ] || bad "$1: what is protected or outside was touched"
}

# run NAME RULE...: a run that goes on, sets $calls.
run() {
	name=$1
	shift
	prepare "$name"
	proxy_start p srv "$@"
	update "$(proxy_url p srv "/$name/x")"
	calls=$(proxy_stop p | sed 's/^calls=\([0-9]*\) .*/\1/')
	want_rc 0
	same "$name"
	[ "$failed" -eq 0 ] || exit 1
}

# broken NAME K: the connection is lost for good, then the same again.
broken() {
	prepare "$1"
	proxy_start p srv "lose-reply=$2" down=600000
	update "$(proxy_url p srv "/$1/x")" --retry-for=0
	proxy_kill p
	[ "$rc" -eq 0 ] || [ "$rc" -eq 4 ] || bad "exit status is $rc"
	[ "$(cat "$outside/file")" = precious ] || bad "what is outside was touched"
	update "$(ganesha_url srv "/$1/x")" --break-lock
	want_rc 0
	same "$1"
	[ "$failed" -eq 0 ] || exit 1
}

run plain drop-call=0	# never; but with a rule the proxy counts
total=$calls
json "j['update'], {p: n for p, n in j['requests'].items() if n}"
want_json "j['update']['deleted'] == 8 and j['update']['replaced'] >= 5 and j['update']['attributes'] >= 3"
for p in SETATTR REMOVE RMDIR RENAME LINK SYMLINK MKNOD MKDIR WRITE; do
	want_json "j['requests']['$p'] > 0"
done
[ "$total" -gt 80 ] || die "too few requests to be worth a test: $total"
n=0 resent=0 first=1
kinds='lose-reply drop-call dup-call broken'
# NFSv4.0 promises nothing of a request that comes twice; TCP and we do not do that
! is_v4 || kinds='lose-reply drop-call broken'
for kind in ${KINDS:-$kinds}; do
	k=$first
	first=$((first % ${STEP:-8} + 1))
	while [ $k -le "$total" ]; do
		if [ "$kind" = broken ]; then
			broken "b-$k" "$k"
		else
			run "$kind-$k" "$kind=$k"
			resent=$((resent + $(json "j['resent']")))
		fi
		n=$((n + 1))
		k=$((k + ${STEP:-8}))
	done
done
echo "$n schedules over $total requests, $resent sent again"
[ $resent -gt 0 ] || die "the faults did not come through"
e2e_end
