# Help is on stdout, status 0, at most 80 columns wide, and shows every option of the command.
. "$top/tests/lib/cli.sh"

fits() {
	[ ! -s "$WORK/err" ] || die "$ran: writes to stderr"
	awk 'length($0) > 80 { print; bad = 1 } END { exit bad || !NR }' "$WORK/out" || die "$ran: too wide or empty"
}
run 0 help
fits
cp out help.out
run 0 --help
cmp out help.out || die "--help and help differ"
[ "$("$img2nfs" help --commands | wc -l)" -gt 1 ] || die "no commands"
for c in $("$img2nfs" help --commands); do
	grep -q "^  $c " help.out || die "help does not show $c"
	run 0 "$c" --help
	fits
	prints "Usage: img2nfs $c "
	cp out cmd.out
	run 0 help "$c"
	cmp out cmd.out || die "help $c and $c --help differ"
	"$img2nfs" help --options "$c" | sed 's/[=[	].*//' | while read -r o; do
		grep -q -e "^ .* $o\\b" -e "^  $o," cmd.out || die "$c --help does not show $o"
	done || exit 1
done
