# A result that could not be written is status 7 and said, at once and at the flush; a closed pipe is no silent death.
. "$top/tests/lib/cli.sh"
[ -c /dev/full ] || skip "no /dev/full here"

for words in help --version 'help --options extract' 'extract --help'; do
	rc=0
	# shellcheck disable=SC2086
	"$img2nfs" $words >/dev/full 2>err || rc=$?
	[ "$rc" -eq 7 ] || die "$words >/dev/full: status $rc, want 7"
	grep -q "^img2nfs: cannot write to standard output: No space left on device$" err || die "says: $(cat err)"
done
rc=$( { "$img2nfs" help 2>err; echo $? >&3; } 3>&1 >&- )
[ "$rc" -eq 7 ] || die "closed stdout: status $rc, want 7"
# the reader is gone before we write
mkfifo pipe
{ until_ok 60 test -e gone; "$img2nfs" help 2>err; echo $? >rc; } >pipe &
: <pipe
: >gone
wait
[ "$(cat rc)" -eq 7 ] || die "closed pipe: status $(cat rc), want 7"
grep -q "Broken pipe" err || die "closed pipe: $(cat err)"
