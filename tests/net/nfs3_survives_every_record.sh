# The connection breaks at the k-th request of a run, in each way there is: after every schedule the tree at the server
# equals the source. STEP=1 takes every k (some minutes); by default each way takes every 8th, starting elsewhere.
. "$top/tests/lib/test.sh"
. "$top/tests/lib/ganesha.sh"
. "$top/tests/lib/nfsproxy.sh"
. "$top/tests/lib/sink_tree.sh"

sink_tree "$WORK/src" 4
rm -f "$WORK/src/tera" "$WORK/src/d1/large" "$WORK/src/d1/d2/large.hard" "$WORK/src/mega"
touch -d '2020-02-02 02:02:02.020202020' "$WORK/src/d1/d2" "$WORK/src/d1" "$WORK/src"
dump "$WORK/src" >"$WORK/want" || exit 1
mkdir "$WORK/exp" || exit 1
ganesha_start g vfs "$WORK/exp"

# One run through a proxy with these rules; sets $calls. Two WRITEs for the larger file.
run() {
	name=$1
	shift
	proxy_start p g "$@"
	"$O/tests/tools/sinkrun" -s 600000 -c "${CONNECTIONS:-1}" "$WORK/src" "$(proxy_url p g "/$name/x")" >"$WORK/out" 2>"$WORK/notes"
	rc=$?
	proxy_stop p >"$WORK/seen"
	calls=$(sed 's/^calls=\([0-9]*\) .*/\1/' "$WORK/seen")
	if [ $rc -ne 1 ] || grep -v -e '^loss symlink-times ' -e '^state ' "$WORK/notes"; then
		cat "$WORK/notes"
		die "$*: status $rc"
	fi
	dump "$WORK/exp/$name/x" | diff "$WORK/want" - || die "$*: not what was to be stored"
}

run plain drop-call=0	# never; but with a rule the proxy counts
total=$calls
[ "$total" -gt 60 ] || die "too few requests to be worth a test: $total"
n=0 resent=0 first=1
for kind in ${KINDS:-lose-reply drop-call cut-call cut-reply dup-call dup-reply}; do
	k=$first
	first=$((first % ${STEP:-8} + 1))
	while [ $k -le "$total" ]; do
		run "$kind-$k" "$kind=$k"
		n=$((n + 1))
		resent=$((resent + $(sed 's/.* resent=\([0-9]*\) .*/\1/' "$WORK/out")))
		k=$((k + ${STEP:-8}))
	done
done
echo "$n schedules over $total requests, $resent sent again"
[ $resent -gt $n ] || die "the faults did not come through"
