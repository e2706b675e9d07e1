# After ctrl-C the sink waits for the replies to what it has sent, but not for ever: a server that is silent costs a few
# seconds. No incomplete file has the mtime of a complete one.
. "$top/tests/lib/test.sh"
. "$top/tests/lib/ganesha.sh"
. "$top/tests/lib/nfsproxy.sh"

need_root "the VFS export"
mkdir "$WORK/src" "$WORK/exp" || exit 1
i=0
while [ $i -lt 300 ]; do
	head -c 20000 /dev/urandom >"$WORK/src/f$i"
	i=$((i + 1))
done
head -c 30000000 /dev/urandom >"$WORK/src/large"
touch -d '2001-01-01' "$WORK/src"/*
ganesha_start g vfs "$WORK/exp"

# run NAME MOST_SECONDS RULE...
run() {
	name=$1 most=$2
	shift 2
	proxy_start p g -d 20000 "$@"
	start=$(date +%s)
	"$O/tests/tools/sinkrun" -w 4 -k 700 "$WORK/src" "$(proxy_url p g "/$name")" >"$WORK/out" 2>"$WORK/notes"
	rc=$?
	took=$(($(date +%s) - start))
	proxy_stop p >/dev/null
	cat "$WORK/out"
	[ $rc -eq 2 ] || die "$name: status $rc"
	grep -q '^fatal stopped by signal 2' "$WORK/notes" || die "$name: $(cat "$WORK/notes")"
	[ $took -le "$most" ] || die "$name: took $took s"
	left=$(sed 's/.* left=\([0-9]*\).*/\1/' "$WORK/out")
	[ "$left" -gt 100 ] && [ "$left" -lt 301 ] || die "$name: $left left"
	# complete files, and only those, have their mtime
	find "$WORK/exp/$name" -type f ! -newermt 2001-01-02 -printf '%f\n' >"$WORK/complete"
	[ -s "$WORK/complete" ] || die "$name: nothing was complete"
	while read -r f; do
		cmp -s "$WORK/src/$f" "$WORK/exp/$name/$f" || die "$name: $f looks complete"
	done <"$WORK/complete"
}

# Five seconds for replies and ten to close what is open. A server that freezes for longer than that, and than the limit.
run answering 60
run silent 60 freeze=60:90000
