# One large file and many small ones that are ready at the same time: neither kind waits until all of the other is sent,
# and both get as many bytes, which is 13 small ones for a piece of the large one.
# Looked at on the wire; little room for data and some milliseconds of network keep both waiting.
. "$top/tests/lib/test.sh"
. "$top/tests/lib/ganesha.sh"
. "$top/tests/lib/nfsproxy.sh"
mkdir "$WORK/src" "$WORK/exp"
# In a folder of its own each, so that it does not matter which comes first.
mkdir "$WORK/src/a" "$WORK/src/b"
head -c 25165824 /dev/urandom >"$WORK/src/a/large"
i=0
while [ $i -lt 300 ]; do
	i=$((i + 1))
	head -c 40000 /dev/urandom >"$WORK/src/b/small$i"
done
ganesha_start g vfs "$WORK/exp"
proxy_start p g -d 4000 log="$WORK/calls"
"$O/tests/tools/sinkrun" -b 2097152 -s 524288 "$WORK/src" "$(proxy_url p g /t)" >"$WORK/out" 2>"$WORK/notes" ||
	die "$(cat "$WORK/notes")"
proxy_stop p
# WRITEs in order: L of the large file, s of a small one.
awk '$3 { print ($3 > 100000 ? "L" : "s") }' "$WORK/calls" >"$WORK/writes"
[ "$(grep -c L "$WORK/writes")" -eq 48 ] && [ "$(grep -c s "$WORK/writes")" -eq 300 ] || die "other WRITEs than expected"
# How many of kind $1 were sent while those of kind $2 were.
amid() {
	awk -v a="$1" -v b="$2" '$1 == b { seen = 1; n += held; held = 0 } $1 == a && seen { held++ } END { print n + 0 }' \
		"$WORK/writes"
}
echo "small ones while the large one was sent: $(amid s L); pieces of the large one amid small ones: $(amid L s)"
[ "$(amid s L)" -ge 150 ] || die "small files wait for the large one"
[ "$(amid L s)" -ge 15 ] || die "the large file waits for the small ones"
