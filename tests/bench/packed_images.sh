#!/bin/sh
# Compare extract of a packed image with its two halves, unpacking it and extracting the bare image,
# and with the recipe's way, one after the other. Prints a table of ratios.
#
#	make bench-packed		3 rounds; about 35 minutes
#	make bench-packed SAVE=1	then also replace tests/bench/PACKED.md
#	make bench-packed QUICK=2	one round of all kinds of the limits, without the recipe: 5
#					minutes, and once as much to pack them
#	make bench-packed ROUNDS=1 KINDS='gz pipe'
#	make bench-packed RTT=1000	the server is so many microseconds away
#	make bench			ends with it; QUICK=1: one round of few kinds
#
# All is measured in three places: with unpacker, client and server sharing the processors; as
# servers are other machines, with the last processor for the server alone and the others for the
# rest; and with a server that takes 60 MB/s, as a NAS of one disk does, where the network, not the
# processors, is what all wait for. PLACES='shared apart nas' chooses among them; the second needs
# taskset and two processors, the third is measured in the first round only: it hardly varies.
#
# The image is the Debian of the tests; kinds: xzmt (several blocks), xz (one), gz, zst, zip, pipe
# (the bare image from cat), pipegz. Each run has a fresh server and an empty tmpfs; runs of a kind
# take turns. Spool and unpacked files lie in $TMPDIR, else /var/tmp.
set -u
top=$(cd "$(dirname "$0")/../.." && pwd) || exit 1
O=${O:-$top/build}
QUICK=${QUICK:-}
ROUNDS=${ROUNDS:-${QUICK:+1}}
ROUNDS=${ROUNDS:-3}
turn='bare unpack ours recipe'
[ "$QUICK" != 2 ] || {
	KINDS=${KINDS:-xzmt xz gz zst zip pipe}
	turn='bare unpack ours'
}
KINDS=${KINDS:-${QUICK:+xzmt gz}}
KINDS=${KINDS:-xzmt xz gz zst zip pipe pipegz}
RTT=${RTT:-}
SAVE=${SAVE:-}
cpus=$(getconf _NPROCESSORS_ONLN)
case $QUICK in
1) PLACES=${PLACES:-shared} ;;
2) PLACES=${PLACES:-shared apart} ;;
*) PLACES=${PLACES:-shared apart nas} ;;
esac
if [ "$cpus" -lt 2 ] || ! command -v taskset >/dev/null; then
	PLACES=$(echo "$PLACES" | sed 's/apart//')
fi
nas_rate=60000000 nas_rtt=300
[ "$(id -u)" -eq 0 ] || {
	echo "the benchmark's mounts and server need root (the program does not): sudo make bench-packed" >&2
	exit 1
}
WORK=$O/bench-packed
export top O WORK
umount "$WORK/exp" 2>/dev/null
rm -rf --one-file-system "$WORK"
mkdir -p "$WORK/exp"
chmod 755 "$WORK"
. "$top/tests/lib/test.sh"
. "$top/tests/lib/ganesha.sh"
. "$top/tests/lib/nfsproxy.sh"
PATH=$PATH:/usr/sbin:/sbin
tmp=$(mktemp -d "${TMPDIR:-/var/tmp}/img2nfs-bench.XXXXXX") || exit 1
at_exit 'rm -rf "$tmp"'
chmod 1777 "$tmp"
bin=$(for_nobody "$O/img2nfs") || exit 1
img=$(O=$O sh "$top/tests/lib/debian_image.sh") || exit 1
dir=${PACKED_DIR:-$O/fixtures}/packed
mkdir -p "$dir"

pack() {	# KIND: sets $file, $unpack, $source
	source=file
	case $1 in
	xzmt) file=$dir/mt.img.xz unpack='xz -dc -T0' ;;
	xz) file=$dir/single.img.xz unpack='xz -dc -T1' ;;
	gz) file=$dir/debian.img.gz unpack='gzip -dc' ;;
	zst) file=$dir/debian.img.zst unpack='zstd -dcq' ;;
	zip) file=$dir/debian.zip unpack='unzip -p' ;;
	pipe) file=$img unpack=cat source=pipe ;;
	pipegz) file=$dir/debian.img.gz unpack='gzip -dc' source=pipe ;;
	esac
	command -v "${unpack%% *}" >/dev/null || return 1
	[ ! -e "$file" ] || return 0
	echo "packing $file" >&2
	case $1 in
	xzmt) xz -3 -T0 -c "$img" >"$file.part" ;;
	xz) xz -3 -T1 -c "$img" >"$file.part" ;;
	gz | pipegz) gzip -c "$img" >"$file.part" ;;
	zst) zstd -q -c "$img" >"$file.part" ;;
	zip) (cd "${img%/*}" && zip -q - "${img##*/}") >"$file.part" ;;
	esac || return 1
	chmod 644 "$file.part"
	mv "$file.part" "$file"
}

fresh_server() {
	ganesha_stop srv KILL
	umount "$WORK/exp"
	mount -t tmpfs -o size=90% tmpfs "$WORK/exp" || die "cannot mount a tmpfs"
	ganesha_run srv || die "nfs-ganesha did not start again"
	[ -z "$pin" ] || taskset -acp $((cpus - 1)) "$(cat "$(ganesha_dir srv)/pid")" >/dev/null || die "taskset failed"
	sync
	cat "$file" "$img" >/dev/null
}

url() {
	if [ $place = nas ]; then
		proxy_url nas srv /tree
	elif [ -n "$RTT" ]; then
		proxy_url far srv /tree
	else
		ganesha_url srv /tree
	fi
}

extract() {	# IMAGE
	TMPDIR=$tmp $pin setpriv --reuid=65534 --regid=65534 --clear-groups "$bin" extract --progress=none \
		--allow-loss=all --no-sha256 "$1" "$(url)" >"$WORK/out" 2>"$WORK/err" ||
		die "extract failed: $(cat "$WORK/err")"
}

run_bare() { extract "$img"; }
run_unpack() { $pin $unpack "$file" >/dev/null; }
run_ours() {
	if [ $source = pipe ]; then
		$pin cat "$file" | extract -
	else
		extract "$file"
	fi
}
run_recipe() {
	$pin $unpack "$file" >"$tmp/unpacked.img"
	chmod 644 "$tmp/unpacked.img"
	extract "$tmp/unpacked.img"
	rm "$tmp/unpacked.img"
}

pin=
mount -t tmpfs tmpfs "$WORK/exp" || die "cannot mount a tmpfs"
at_exit 'umount "$WORK/exp"'
file=$img
ganesha_start srv vfs "$WORK/exp"
[ -z "$RTT" ] || proxy_start far srv -d "$RTT"
case $PLACES in *nas*)
	proxy_opts="-r $nas_rate" proxy_start nas srv -d "$nas_rtt"
	proxy_opts=
	;;
esac

turns() {	# KIND: each of $turn once
	for r in $turn; do
		[ "$r" = unpack ] || fresh_server
		begin=$(date +%s.%N)
		"run_$r"
		took=$(date +%s.%N | awk -v b="$begin" '{ printf "%.2f", $1 - b }')
		printf ' %s %s' "$r" "$took" >&2
		echo "$1 $r $took" >>"$WORK/times.$place"
	done
	echo >&2
	turn="${turn#* } ${turn%% *}"	# who comes first changes
}

round=0
while [ $round -lt "$ROUNDS" ]; do
	round=$((round + 1))
	for kind in $KINDS; do
		pack "$kind" || {
			echo "$kind: its tool is not here" >&2
			continue
		}
		for place in $PLACES; do
			[ $place != nas ] || [ $round = 1 ] || continue
			pin=
			[ $place != apart ] || pin="taskset -c 0-$((cpus - 2))"
			printf 'round %s of %s, %s, %s:' $round "$ROUNDS" "$kind" "$place" >&2
			turns "$kind"
		done
	done
done

# Medians; the ratio of medians of one kind, whose runs took turns.
ratios() {	# PLACE
	sort -k1,1 -k2,2 -k3,3n "$WORK/times.$1" | awk -v kinds="$KINDS" '
	{ n[$1, $2]++; t[$1, $2, n[$1, $2]] = $3 }
	function median(k, r, m) {
		m = n[k, r]
		return (t[k, r, int((m + 1) / 2)] + t[k, r, int(m / 2) + 1]) / 2
	}
	END {
		print "| packed as | unpacking alone | extract of the bare image | extract of the packed one | times the slower | limit 1.15 | unpack, then extract, times ours |"
		print "|---|---|---|---|---|---|---|"
		m = split(kinds, list, " ")
		for (i = 1; i <= m; i++) {
			k = list[i]
			if (!n[k, "ours"])
				continue
			a = median(k, "unpack"); b = median(k, "bare"); c = median(k, "ours")
			ratio = c / (a > b ? a : b)
			is_met = ratio <= 1.15
			met += is_met
			rows++
			way = n[k, "recipe"] ? sprintf("%.2f", median(k, "recipe") / c) : "-"
			printf "| %s | %.2f s | %.2f s | %.2f s | %.2f | %s | %s |\n", k, a, b, c,
				ratio, is_met ? "met" : "missed", way
		}
		printf "\n%d of %d limits met: not longer than 1.15 times the slower half\n", met, rows
	}'
}

{
	printf '# Results of `make bench-packed`\n\n%s, ' "$(date -u +%Y-%m-%d)"
	printf 'medians of %s interleaved rounds of %s; %s processors; load average at the end: %s.\n' "$ROUNDS" \
		"$("$O/img2nfs" --version | head -n 1) ($(git -C "$top" describe --always --dirty 2>/dev/null))" "$cpus" \
		"$(uptime | sed 's/.*average: *//')"
	for place in $PLACES; do
		case $place in
		shared) title='All share the processors' ;;
		apart) title='The server has a processor of its own' ;;
		nas) title="The server takes $((nas_rate / 1000000)) MB/s (one round)" ;;
		esac
		printf '\n## %s\n\n' "$title"
		ratios $place
	done
} | tee "$WORK/RESULTS.md"
if [ -n "$SAVE" ]; then
	cp "$WORK/RESULTS.md" "$top/tests/bench/PACKED.md" || exit 1
fi
