# Far from the server more data is in flight for a very large file than for others, whose sum stays
# below what is promised; --bytes-in-flight is the limit for all. WRITEs are small there, and large near the server.
. "$top/tests/lib/test.sh"
. "$top/tests/lib/ganesha.sh"
. "$top/tests/lib/nfsproxy.sh"
mkdir "$WORK/large" "$WORK/many" "$WORK/exp"
yes | head -c 200M >"$WORK/large/file"
i=0
while [ $i -lt 30 ]; do
	i=$((i + 1))
	yes | head -c 2500K >"$WORK/many/$i"
done
ganesha_start g vfs "$WORK/exp"
proxy_start p g -d 20000 log="$WORK/calls"

# most NAME [OPTION...]: the most bytes that were in flight.
most() {
	name=$1
	shift
	"$O/tests/tools/sinkrun" "$@" "$WORK/$name" "$(proxy_url p g "/$name$#")" >"$WORK/out" 2>"$WORK/notes" ||
		die "$(cat "$WORK/notes")"
	tr ' ' '\n' <"$WORK/out" | sed -n 's/^max_bytes=//p'
}
large=$(most large) || exit 1
many=$(most many) || exit 1
told=$(most large -b 3145728) || exit 1
proxy_stop p
# Near is what answers within 2 ms, which nobody does on a machine with other things to do: then again.
tries=0 whole=0
while [ $whole -ne 60 ] && [ $((tries += 1)) -le 20 ]; do
	proxy_start near g log="$WORK/near"
	"$O/tests/tools/sinkrun" "$WORK/many" "$(proxy_url near g "/near$tries")" >"$WORK/out" 2>"$WORK/notes" ||
		die "$(cat "$WORK/notes")"
	proxy_stop near
	whole=$(awk '$3 == 1048576 { n++ } END { print n + 0 }' "$WORK/near")
	rm -r "$WORK/exp/near$tries"
done
[ "$whole" -eq 60 ] || die "$whole WRITEs of 1 MiB near the server, of 30 files with two each"
# The log's third column: the sizes of WRITEs. Far from a server the rest of the heap fits into what a
# small one leaves; what a file of 2500 KiB ends with is smaller.
small=$(awk '$3 == 262144 { n++ } END { print n + 0 }' "$WORK/calls")
echo "in flight: $large for a large file, $many for many, $told when told so"
[ "$large" -gt 11000000 ] && [ "$large" -le 26214400 ] || die "a file of 200 MiB: not some of its 25 MiB"
[ "$many" -gt 5000000 ] && [ "$many" -le 12582912 ] || die "many files: not at most 12 MiB"
[ "$small" -ge 30 ] || die "only $small WRITEs of 256 KiB for files of 2500 KiB"
[ "$told" -le 3145728 ] || die "more than was said"
