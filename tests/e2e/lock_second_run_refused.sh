# Two runs at once into one destination: the second says who is there and refuses, the first goes on.
# With --break-lock the first one stops.
. "$top/tests/lib/e2e.sh"
. "$top/tests/lib/nfsproxy.sh"
need_loop
use_fixture count
serve
mkdir -m 777 "$WORK/far"
watched=$(for_nobody "$O/tests/tools/watched") || exit 1
# Slow: some 13,000 requests one after the other, at 10 ms each.
proxy_start px srv -d 10000

# start_first NAME: a run that will not be done for minutes, and holds its lock.
start_first() {
	rm -f "$WORK/far/watched"
	as_nobody "$watched" "$WORK/far/watched" "$bin" extract --window=1 --json "$img" \
		"$(proxy_url px srv "/$1")" >"$WORK/out.first" 2>"$WORK/err.first" </dev/null &
	first=$!
	until_ok 60 test -s "$exp/$1/.img2nfs-lock" || bad "the first run makes no lock"
	pid=$(sed -n 's/^pid //p' "$WORK/far/watched")
	kill -0 "$pid" || bad "the first run has ended"
}

start_first new
grep -q "pid $pid on .* since 20..-..-..T..:..:..Z" "$exp/new/.img2nfs-lock" || bad "the lock does not say whose it is"
for how in --update '--update --delete' ''; do
	# shellcheck disable=SC2086 # words wanted
	extract $how "$img" "$(ganesha_url srv /new)"
	want_rc 4
	if [ -n "$how" ]; then
		want_err "another run is writing to the destination: img2nfs"
		want_err "pid $pid on "
		want_err --break-lock
	else
		want_err "not empty"
		want_err "and the lock of another run"
	fi
done
[ -s "$exp/new/.img2nfs-lock" ] || bad "the lock is gone"
kill -0 "$pid" || bad "the first run has ended"

# It is stopped while it watches, at once.
rm -f "$WORK/far/watched2"
as_nobody "$watched" "$WORK/far/watched2" "$bin" extract --update "$img" "$(ganesha_url srv /new)" \
	>"$WORK/out" 2>"$WORK/err" </dev/null &
second=$!
until_ok 20 grep -q 'whether that run is alive' "$WORK/err" || bad "it does not say that it watches"
kill -s INT "$(sed -n 's/^pid //p' "$WORK/far/watched2")"
wait $second
rc=$?
want_rc 130
[ -s "$exp/new/.img2nfs-lock" ] || bad "a stopped second run removed the lock of the first"

# Taken away: the first one stops, and leaves the lock to the second.
rm -f "$WORK/far/watched2"
as_nobody "$watched" "$WORK/far/watched2" "$bin" extract --window=1 --update --break-lock "$img" \
	"$(proxy_url px srv /new)" >"$WORK/out.second" 2>"$WORK/err.second" </dev/null &
second=$!
wait $first
rc=$?
cp "$WORK/err.first" "$WORK/err"
want_rc 4
want_err 'the lock was taken from this run by img2nfs'
want_err --update
grep -q "took over the lock of img2nfs .* pid $pid " "$WORK/err.second" || bad "the second does not say what it takes"
[ -s "$exp/new/.img2nfs-lock" ] || bad "the first run removed the lock of the second"
kill -s TERM "$(sed -n 's/^pid //p' "$WORK/far/watched2")"
wait $second
rc=$?
cp "$WORK/err.second" "$WORK/err"
want_rc 143
[ ! -e "$exp/new/.img2nfs-lock" ] || bad "a lock is left"
mount_ro "$img" "$WORK/mnt"
extract --update --delete --checksum --allow-loss=symlink-times "$img" "$(ganesha_url srv /new)"
want_rc 0
same_tree "$WORK/mnt" "$exp/new"
e2e_end
