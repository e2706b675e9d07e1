# Status 5: a damaged object is left out, named and counted; the rest arrives. --strict stops there with status 3.
. "$top/tests/lib/cli.sh"
. "$top/tests/lib/tiny_image.sh"
tiny_image x.img -O ^metadata_csum
# a directory entry of a type that no inode has: its mode says 0
debugfs -w -R 'sif /etc/motd mode 0' x.img >/dev/null 2>&1 || die "debugfs failed"
run 5 extract x.img null:
says "'etc/motd'"
prints "7 objects"
prints "Damaged in the image and left out"
run 5 extract --quiet x.img null:
says "'etc/motd'"
[ ! -s out ] || die "--quiet prints a summary"
run 5 extract --allow-loss=all x.img null:
run 3 extract --strict x.img null:
says "'etc/motd'"
if command -v jq >/dev/null; then
	run 5 extract --json x.img null:
	[ "$(jq -r '.damaged.count, .damaged.objects[0].path' out | tr '\n' ' ')" = "1 etc/motd " ] || die "JSON: $(cat out)"
fi
