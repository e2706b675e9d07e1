# --update --delete is stopped, killed, or loses what it deletes, in the middle of deleting: nothing outside and nothing
# protected is touched, symlinks are not followed, and the same command again finishes.
. "$top/tests/lib/e2e.sh"
. "$top/tests/lib/nfsproxy.sh"
need_loop
mkdir -p "$WORK/src/d/e"
for f in a d/b d/e/c; do
	echo "$f" >"$WORK/src/$f"
done
ln -s d/e "$WORK/src/link"
img=$WORK/tree.img
truncate -s 4M "$img"
mke2fs -q -F -t ext4 -O ^has_journal -E root_owner=0:0 -d "$WORK/src" "$img" || die "mke2fs failed"
chmod a+r "$img"
img=$(for_nobody "$img") || die "no image for nobody"
mount_ro "$img" "$WORK/mnt"
"$O/tests/tools/dirdump" -S "$WORK/mnt" >"$WORK/want" || die "cannot list the image"
mkdir -m 777 "$WORK/far"
watched=$(for_nobody "$O/tests/tools/watched") || exit 1
outside=$WORK/srv.exp/outside
mkdir -p "$outside/dir"
for i in 1 2 3; do
	echo precious >"$outside/dir/$i"
done
serve

# prepare NAME: the image's tree, and 40 directories with 40 files and a way out each that it does not have.
prepare() {
	mkdir "$exp/$1"
	cp -a "$WORK/mnt" "$exp/$1/x"
	mkdir -p "$exp/$1/x/extra/kept"
	echo mine >"$exp/$1/x/extra/kept/mine"
	n=0
	while [ $n -lt 40 ]; do
		mkdir "$exp/$1/x/extra/d$n"
		(cd "$exp/$1/x/extra/d$n" && seq 1 40 | xargs touch && ln -s ../../../../outside/dir out)
		n=$((n + 1))
	done
}

left() {
	find "$exp/$1/x/extra" | wc -l
}

whole_outside() {
	[ "$(cat "$outside"/dir/*)" = "precious
precious
precious" ] || bad "$1: what is outside was touched"
	[ "$(cat "$exp/$1/x/extra/kept/mine")" = mine ] || bad "$1: what is protected was touched"
}

finish() {
	whole_outside "$1"
	extract --json --update --break-lock --delete --protect=/extra/kept --allow-loss=symlink-times "$img" \
		"$(ganesha_url srv "/$1/x")"
	want_rc 0
	whole_outside "$1"
	[ "$(left "$1")" -eq 3 ] || bad "$1: there is more than what is protected: $(find "$exp/$1/x/extra" | head)"
	"$O/tests/tools/dirdump" -S "$exp/$1/x" | grep -v '^\./extra' | diff "$WORK/want" - >"$WORK/diff" ||
		bad "$1 differs: $(head -n 6 "$WORK/diff")"
}

# start NAME: in the background, one request at a time over a slow network, until something has been deleted.
start() {
	prepare "$1"
	all=$(left "$1")
	proxy_start p srv -d 3000
	rm -f "$WORK/far/watched"
	as_nobody "$watched" "$WORK/far/watched" "$bin" extract --window=1 --update --delete --protect=/extra/kept \
		--allow-loss=symlink-times "$img" "$(proxy_url p srv "/$1/x")" >"$WORK/out" 2>"$WORK/err" </dev/null &
	job=$!
	until_ok 120 has_begun "$1" || bad "$1: nothing is deleted"
}

has_begun() {
	[ "$(left "$1")" -lt $((all - 50)) ]
}

# ended NAME: it was in the middle.
ended() {
	wait $job
	rc=$?
	proxy_kill p
	[ "$(left "$1")" -gt 100 ] || bad "$1: it had come to its end"
}

start int
kill -s INT "$(sed -n 's/^pid //p' "$WORK/far/watched")"
ended int
want_err 'stopped by SIGINT'
want_err '--update'
finish int

start kill
kill -s KILL "$(sed -n 's/^pid //p' "$WORK/far/watched")"
ended kill
finish kill

# A directory that is being deleted becomes a symlink to one outside, below the server.
start swap
for d in "$exp/swap/x/extra"/d*; do
	mv "$d" "$WORK/far/" && ln -s "$outside/dir" "$d"
done 2>/dev/null
wait $job
proxy_kill p
whole_outside swap
ganesha_stop srv
ganesha_run srv || die "the server does not start again"
finish swap
e2e_end
