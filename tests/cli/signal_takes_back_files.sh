# What a run writes on this machine is opened before its image is read. A signal while it waits for the image takes all of it
# away again, but the report, which tells of it; so does a refusal.
. "$top/tests/lib/cli.sh"
. "$top/tests/lib/tiny_image.sh"
need jq
env --default-signal=INT true 2>/dev/null || skip "this env cannot give SIGINT back"
tiny_image x.img
mkdir to
echo old >to/m
mkfifo pipe
exec 8<>pipe
for signal in INT:130 TERM:143 HUP:129; do
	env --default-signal=INT "$img2nfs" extract --manifest=to/m --report=to/r.json - to/x.tar <pipe >log 2>err 8>&- &
	pid=$!
	until_ok 60 test -e to/x.tar.part0 || die "no tar is begun: $(cat err)"
	until_ok 60 test -e to/m.part0 || die "no manifest is begun: $(cat err)"
	kill -s "${signal%:*}" $pid
	wait $pid
	rc=$?
	[ $rc -eq "${signal#*:}" ] || die "$signal: status $rc: $(cat err)"
	[ "$(ls to | tr '\n' ' ')" = 'm r.json ' ] || die "$signal: there is $(ls to)"
	[ "$(cat to/m)" = old ] || die "$signal: what was there was replaced"
	[ "$(jq .status to/r.json)" = $rc ] || die "$signal: the report says $(jq .status to/r.json)"
done
rm to/r.json
head -c 500000 x.img >short.img
run 3 extract --manifest=to/m short.img to/x.tar
[ "$(ls to)" = m ] && [ "$(cat to/m)" = old ] || die "refused: there is $(ls to)"
run 7 extract --manifest=none/m x.img to/x.tar
says "cannot write 'none/m'"
[ "$(ls to)" = m ] || die "refused: there is $(ls to)"
run 0 extract --manifest=to/m x.img to/x.tar
[ "$(ls to | tr '\n' ' ')" = 'm x.tar ' ] && grep -q '^#mtree' to/m || die "there is $(ls to)"
