# The lock is gone after every end that we can order, and leaves no trace: not in the tree, not in the
# time of the destination directory. Of a run that was killed it stays, is watched, and taken over.
. "$top/tests/lib/e2e.sh"
. "$top/tests/lib/nfsproxy.sh"
need_loop
use_fixture plain
mount_ro "$img" "$WORK/mnt"
serve
mkdir -m 777 "$WORK/far"
watched=$(for_nobody "$O/tests/tools/watched") || exit 1

unlocked() {
	[ ! -e "$exp/$1/.img2nfs-lock" ] || bad "$2: the lock is left"
}

# Success: the root has the image's times, also when nothing else is changed.
for how in '' --update '--update --delete'; do
	# shellcheck disable=SC2086 # words wanted
	extract $how --verify --allow-loss=symlink-times "$img" "$(ganesha_url srv /good)"
	want_rc 0
	unlocked good "success $how"
	same_tree "$WORK/mnt" "$exp/good"
done

# Something fatal, in the middle: SYMLINK is answered with NOSPC.
proxy_start full srv status=10:28:3
extract "$img" "$(proxy_url full srv /full)"
want_rc 4
want_err NFS3ERR_NOSPC
unlocked full NOSPC

# The lock itself finds no inode: CREATE is answered with NOSPC. Nothing else is written.
proxy_start none srv status=8:28:1
extract --no-check "$img" "$(proxy_url none srv /none)"
want_rc 4
want_err "the lock '.img2nfs-lock' at the destination: cannot"
want_err NFS3ERR_NOSPC
want_empty "$exp/none"

# It finds no room: no WRITE succeeds. It beats all the same: the second one sees that it is alive.
mkdir -p "$exp/tight"
proxy_start tight srv -d 10000 status=7:28:1
rm -f "$WORK/far/watched"
as_nobody "$watched" "$WORK/far/watched" "$bin" extract --no-check --window=1 --update "$img" \
	"$(proxy_url tight srv /tight)" >"$WORK/out.first" 2>"$WORK/err.first" </dev/null &
job=$!
until_ok 60 test -e "$exp/tight/.img2nfs-lock" || bad "no lock seen"
extract --update "$img" "$(ganesha_url srv /tight)"
want_rc 4
want_err "another run is writing to the destination: a run that left no name"
kill -s INT "$(sed -n 's/^pid //p' "$WORK/far/watched")"
wait $job
unlocked tight 'no room'

# A destination without rights for the lock: the trial of the export says more, if it is not left out.
mkdir -m 755 "$exp/foreign"
extract --as=65534:65534 --no-check "$img" "$(ganesha_url srv /foreign)"
want_rc 4
want_err "cannot make the lock '.img2nfs-lock' at the destination"

# SIGINT. Every request takes 10 ms, so there is a middle.
proxy_start slow srv -d 10000
rm -f "$WORK/far/watched"
as_nobody "$watched" "$WORK/far/watched" "$bin" extract --window=1 "$img" "$(proxy_url slow srv /int)" \
	>"$WORK/out" 2>"$WORK/err" </dev/null &
job=$!
until_ok 60 test -s "$exp/int/.img2nfs-lock" || bad "no lock seen"
kill -s INT "$(sed -n 's/^pid //p' "$WORK/far/watched")"
wait $job
rc=$?
want_rc 130
unlocked int SIGINT

# killed NAME: leaves a lock.
killed() {
	rm -f "$WORK/far/watched"
	as_nobody "$watched" "$WORK/far/watched" "$bin" extract --window=1 "$img" \
		"$(proxy_url slow srv "/$1")" >"$WORK/out" 2>"$WORK/err" </dev/null &
	job=$!
	until_ok 60 test -s "$exp/$1/.img2nfs-lock" || bad "no lock seen"
	pid=$(sed -n 's/^pid //p' "$WORK/far/watched")
	kill -s KILL "$pid"
	wait $job
	[ -s "$exp/$1/.img2nfs-lock" ] || bad "a killed run has removed its lock"
}

# One beat of the killed run comes late, while the next run watches: that is not life.
killed dead
as_nobody "$bin" extract --update --delete --allow-loss=symlink-times "$img" "$(ganesha_url srv /dead)" \
	>"$WORK/out" 2>"$WORK/err" </dev/null &
job=$!
until_ok 60 grep -q 'whether that run is alive' "$WORK/err" || bad "it does not watch"
printf 0000000777 | dd of="$exp/dead/.img2nfs-lock" bs=1 seek=30 conv=notrunc status=none
wait $job
rc=$?
want_rc 0
want_err "is locked by img2nfs"
want_err "for 30 s whether that run is alive"
want_err "took over the lock of img2nfs"
want_err "pid $pid on"
unlocked dead 'taken over'
same_tree "$WORK/mnt" "$exp/dead"

# Without waiting.
killed broken
extract --update --break-lock --allow-loss=symlink-times "$img" "$(ganesha_url srv /broken)"
want_rc 0
want_err "took over the lock of img2nfs"
! grep -q 'is alive' "$WORK/err" || bad "it waits all the same"
unlocked broken --break-lock
same_tree "$WORK/mnt" "$exp/broken"

# What else may be there in its name. Nothing is changed, but for what is allowed to be.
mkdir -p "$exp/odd/.img2nfs-lock"
extract --update "$img" "$(ganesha_url srv /odd)"
want_rc 4
want_err "is the name of our lock, and no file"
extract --update --dry-run --allow-loss=symlink-times "$img" "$(ganesha_url srv /good)"
want_rc 0
e2e_end
