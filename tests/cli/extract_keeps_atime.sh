# Reading leaves the access time of the image alone, where the system lets the owner ask for that.
. "$top/tests/lib/cli.sh"
. "$top/tests/lib/tiny_image.sh"
tiny_image x.img
[ "$(uname)" = Linux ] || skip "O_NOATIME is Linux only"
# Would a plain read change it here? (noatime mounts, some container file systems)
cp x.img y.img
touch -a -d '2001-02-03 04:05:06' x.img y.img
cat y.img >/dev/null
[ "$(stat -c %X y.img)" -ne "$(stat -c %X x.img)" ] || skip "reading does not change times here anyway"
run 0 extract x.img null:
[ "$(stat -c %X x.img)" -eq "$(date -d '2001-02-03 04:05:06' +%s)" ] || die "the access time has changed"
