#!/bin/sh
# How long images take as they are downloaded: sh tests/bench/downloads.sh   (make bench runs it last)
#
#	ROUNDS=3	the least of so many runs counts; they take turns
#	FORMATS="..."	some of xz-T0 xz gz zst zip pipe
#
# The Debian of the tests, packed by the formats' own tools at their fastest level, into nfs-ganesha on
# loopback with an export in memory. Per format:
#	unpack	the tool alone, to /dev/null
#	plain	img2nfs extract of the bare image
#	packed	img2nfs extract of the packed image
#	recipe	the tool into a file, then img2nfs extract of that
# Every run has a destination of its own, and the one before is removed first.
set -u
top=$(cd "$(dirname "$0")/../.." && pwd) || exit 1
O=${O:-$top/build}
[ -n "${ROUNDS:-}" ] || ROUNDS=$([ -n "${QUICK:-}" ] && echo 1 || echo 3)
FORMATS=${FORMATS:-xz-T0 xz gz zst zip pipe}
WORK=$O/bench-packed
export top O WORK
[ "$(id -u)" -eq 0 ] || { echo "the benchmark's server needs root (the program does not)" >&2; exit 1; }
umount "$WORK/exp" 2>/dev/null
rm -rf --one-file-system "$WORK"
mkdir -p "$WORK/exp"
. "$top/tests/lib/test.sh"
. "$top/tests/lib/ganesha.sh"
img=$(O=$O sh "$top/tests/lib/debian_image.sh") || exit 1
mount -t tmpfs -o size=90% tmpfs "$WORK/exp" || die "cannot mount a tmpfs"
at_exit 'umount "$WORK/exp"'
at_exit 'rm -f "$WORK"/x.* "$WORK"/unpacked'
ganesha_start srv vfs "$WORK/exp"

make_packed() {
	case $1 in
	xz-T0) xz -0 -T0 -c "$img" ;;
	xz) xz -0 -T1 -c "$img" ;;
	gz | pipe) gzip -1 -c "$img" ;;
	zst) zstd -q -1 -T0 -c "$img" ;;
	zip) (cd "${img%/*}" && zip -q -1 - "${img##*/}") ;;
	esac >"$WORK/x.$1" || die "cannot pack as $1"
}
unpack() {
	case $1 in
	xz-T0) xz -dc -T0 "$WORK/x.$1" ;;
	xz) xz -dc "$WORK/x.$1" ;;
	gz | pipe) gzip -dc <"$WORK/x.$1" ;;
	zst) zstd -q -dc "$WORK/x.$1" ;;
	zip) unzip -p "$WORK/x.$1" ;;
	esac
}
n=0
extract() {
	"$O/img2nfs" extract --quiet --allow-loss=all "$1" "$(ganesha_url srv "/tree$n")" >/dev/null ||
		die "extract $1 failed"
}
run() {
	case $2 in
	unpack) unpack "$1" >/dev/null ;;
	plain) extract "$img" ;;
	packed)
		if [ "$1" = pipe ]; then
			cat "$WORK/x.$1" | extract -
		else
			extract "$WORK/x.$1"
		fi
		;;
	recipe) unpack "$1" >"$WORK/unpacked" && extract "$WORK/unpacked" ;;
	esac
}

# "format runner round seconds"
: >"$WORK/times"
for f in $FORMATS; do
	echo "packing as $f" >&2
	make_packed "$f"
	round=0
	while [ $((round += 1)) -le "$ROUNDS" ]; do
		for runner in unpack plain packed recipe; do
			rm -rf "$WORK"/exp/tree* "$WORK/unpacked"
			n=$((n + 1))	# a name that the server has not seen
			start=$(date +%s%N)
			run "$f" $runner || die "$f: $runner failed"
			end=$(date +%s%N)
			echo "$f $runner $round $(((end - start) / 1000000))" >>"$WORK/times"
		done
	done
	rm -f "$WORK/x.$f"
done
awk '
	!($1 in seen) { seen[$1] = 1; formats[++count] = $1 }
	!(($1, $2) in best) || $4 < best[$1, $2] { best[$1, $2] = $4 }
	END {
		print "format    unpack   plain  packed  recipe   packed / larger of unpack, plain   packed / recipe"
		for (i = 1; i <= count; i++) {
			f = formats[i]
			larger = best[f, "unpack"] > best[f, "plain"] ? best[f, "unpack"] : best[f, "plain"]
			printf "%-7s %7.2f s %5.2f s %5.2f s %5.2f s   %.2f                               %.2f\n", f,
				best[f, "unpack"] / 1000, best[f, "plain"] / 1000, best[f, "packed"] / 1000,
				best[f, "recipe"] / 1000, best[f, "packed"] / larger,
				best[f, "packed"] / best[f, "recipe"]
		}
	}' "$WORK/times"
