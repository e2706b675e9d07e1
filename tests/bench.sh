#!/bin/sh
# Compare extract with copying from a kernel mount of the same image, and with itself over a slower
# network. Prints times and ratios; the ratios are what counts, because all runners of a round meet
# the same machine.
#
#	make bench ROUNDS=5		rounds, default 3; each runs all runners once, in turn
#	make bench COLD=1		drop all the machine's caches before each run
#					(default: the image is in the page cache)
#	make bench IMAGE=x.img OFFSET=0	another image, and where its file system starts
#
# Runners, all into fresh folders of one directory of one file system, each after a sync, each timed
# until its data is safe:
#	cp       cp -a from a fresh loop mount, and sync
#	extract  img2nfs extract as nobody, through nfs-ganesha (VFS) on loopback, and sync
#	1ms      the same through a proxy that adds 1 ms of round-trip time
#	rsync    rsync -aHAXS from a fresh loop mount, and sync
#	debugfs  debugfs rdump (makes no devices and no hard links), and sync
set -u
top=$(cd "$(dirname "$0")/.." && pwd) || exit 1
O=${O:-$top/build}
ROUNDS=${ROUNDS:-3}
COLD=${COLD:-}
WORK=$O/bench
export top O WORK
if [ "$(id -u)" -ne 0 ] && command -v sudo >/dev/null 2>&1; then
	exec sudo O="$O" ROUNDS="$ROUNDS" COLD="$COLD" IMAGE="${IMAGE:-}" OFFSET="${OFFSET:-}" sh "$0"
fi
[ "$(id -u)" -eq 0 ] || {
	echo "the benchmark's mounts and server need root (the program does not): sudo make bench" >&2
	exit 1
}
umount "$WORK/mnt" 2>/dev/null
rm -rf "$WORK"
mkdir -p "$WORK/times"
chmod 755 "$WORK"
. "$top/tests/lib/test.sh"
. "$top/tests/lib/ganesha.sh"
. "$top/tests/lib/nfsproxy.sh"
PATH=$PATH:/usr/sbin:/sbin
at_exit 'rm -rf --one-file-system "$WORK"'
if [ -n "${IMAGE:-}" ]; then
	img=$IMAGE offset=${OFFSET:-0} limit=''
else
	img=$(O=$O sh "$top/tests/lib/debian_image.sh") || exit 1
	offset=$((94208 * 512)) limit=,sizelimit=$((3528040 * 512))
fi
img=$(for_nobody "$img") || exit 1
bin=$(for_nobody "$O/img2nfs") || exit 1
mkdir "$WORK/mnt" "$WORK/exp"
at_exit 'umount "$WORK/mnt" 2>/dev/null'

mount_img() {
	mount -t ext4 -o "ro,noload,loop,offset=$offset$limit" "$img" "$WORK/mnt" || die "cannot mount the image"
}

run_cp() {
	mount_img
	cp -a "$WORK/mnt" "$1" || die "cp failed"
	umount "$WORK/mnt"
}

run_rsync() {
	mount_img
	rsync -aHAXS "$WORK/mnt/" "$1" || die "rsync failed"
	umount "$WORK/mnt"
}

run_debugfs() {
	mkdir "$1"
	debugfs -R "rdump / $1" "$img?offset=$offset" >/dev/null 2>&1 || die "debugfs failed"
}

run_extract() {
	as_nobody "$bin" extract --quiet --allow-loss=all "$img" "$(ganesha_url srv "/${1##*/}")" ||
		die "extract failed"
}

run_1ms() {
	as_nobody "$bin" extract --quiet --allow-loss=all "$img" "$(proxy_url slow srv "/${1##*/}")" ||
		die "extract through the proxy failed"
}

# measure NAME ROUND: the time until sync has returned, in seconds.
measure() {
	sync
	if [ -n "$COLD" ]; then
		echo 3 >/proc/sys/vm/drop_caches
	else
		cat "$img" >/dev/null
	fi
	start=$(date +%s.%N)
	"run_$1" "$WORK/exp/$1.$2"
	before_sync=$(date +%s.%N)
	sync
	end=$(date +%s.%N)
	# debugfs leaves out device nodes.
	n=$(find "$WORK/exp/$1.$2" ! -type b ! -type c | wc -l)
	[ "$n" -eq "${objects:=$n}" ] || die "$1 made $n objects, the first runner $objects"
	echo "$start $before_sync $end" | awk '{ printf "%.2f %.2f\n", $3 - $1, $2 - $1 }' >>"$WORK/times/$1"
}

# median FILE COLUMN
median() {
	awk -v c="$2" '{ print $c }' "$WORK/times/$1" | sort -n |
		awk '{ v[NR] = $1 } END { printf "%.2f", NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'
}

round=0
runners='cp extract 1ms rsync debugfs'
while [ $round -lt "$ROUNDS" ]; do
	round=$((round + 1))
	# A server for each round: it keeps handles of what it stored, so the trees can go only when it has ended.
	ganesha_start srv vfs "$WORK/exp"
	proxy_start slow srv -d 1000
	printf 'round %s of %s:' "$round" "$ROUNDS"
	for r in $runners; do
		measure "$r" "$round"
		printf ' %s %s s' "$r" "$(tail -n 1 "$WORK/times/$r" | cut -d ' ' -f 1)"
	done
	echo
	proxy_stop slow >/dev/null
	ganesha_stop srv
	rm -rf --one-file-system "$WORK/exp"
	mkdir "$WORK/exp"
	# Some runners in turn come right after the clean-up; not always the same.
	runners="${runners#* } ${runners%% *}"
done

caches='warm (the image is in the page cache)'
[ -z "$COLD" ] || caches=cold
echo
echo "medians of $ROUNDS rounds, caches $caches, with the final sync:"
for r in cp extract 1ms rsync debugfs; do
	printf '  %-8s %7s s   (before the sync %s s)\n' "$r" "$(median "$r" 1)" "$(median "$r" 2)"
done
ratio() {
	echo "$(median "$1" "$3") $(median "$2" "$3")" | awk '{ printf "%.2f", $1 / $2 }'
}
echo "ratios:"
echo "  extract / cp              $(ratio extract cp 1)   (target: at most 2.5)"
echo "  extract with 1 ms / without $(ratio 1ms extract 1)   (target: at most 1.5)"
echo "  extract / rsync           $(ratio extract rsync 1)"
echo "  extract / debugfs rdump   $(ratio extract debugfs 1)"
