# Status 7: the tree arrived, the summary did not. The statuses that tell of worse than that stay as they are.
. "$top/tests/lib/cli.sh"
. "$top/tests/lib/tiny_image.sh"
[ -c /dev/full ] || skip "no /dev/full here"
tiny_image x.img
for o in '' --json -v; do
	rc=0
	# shellcheck disable=SC2086
	"$img2nfs" extract $o x.img null: >/dev/full 2>err || rc=$?
	[ $rc -eq 7 ] || die "extract $o: status $rc, want 7"
	grep -q "cannot write to standard output" err || die "says: $(cat err)"
done
# a damaged object is 5, and 7 comes before 5; with --quiet nothing is written
debugfs -w -R 'sif /etc/motd mode 0' x.img >/dev/null 2>&1
rc=0
"$img2nfs" extract x.img null: >/dev/full 2>err || rc=$?
[ $rc -eq 7 ] || die "damaged and full: status $rc, want 7"
rc=0
"$img2nfs" extract --quiet x.img null: >/dev/full 2>err || rc=$?
[ $rc -eq 5 ] || die "damaged and quiet: status $rc, want 5"
