# tests/run: what passes, fails, skips, hangs or ends without a word is counted, once; of a test that hangs nothing stays
# that it has started; the longest begin first.
. "$top/tests/lib/test.sh"
mkdir -p "$WORK/t/tests/cli" "$WORK/t/tests/knfsd"
cp "$top/tests/run" "$WORK/t/tests/"
cd "$WORK/t" || exit 1
trap '' INT
is() {	# NAME: the script is on standard input
	cat >"tests/$1.sh"
}
is cli/passes <<'EOT'
[ "$(cat "$O/check/order")" = "$(printf 'knfsd/first\ncli/dies\ncli/fails\ncli/passes\ncli/skips')" ] || exit
sh -c 'kill -INT $$; :'
[ $? -gt 128 ]
EOT
# Whoever ignores SIGINT, it works here.
env --default-signal=INT true 2>/dev/null || echo : | is cli/passes
is knfsd/first <<'EOT'
[ -d "$WORK" ] && [ -e "$O/check/order" ]
EOT
is cli/fails <<'EOT'
echo because
exit 3
EOT
is cli/skips <<'EOT'
echo "skip: has no $NAME"
exit 77
EOT
# The script that would have told is killed with it.
is cli/dies <<'EOT'
kill -KILL $(ps -o ppid= -p $PPID)
EOT
run() {	# STATUS 'LAST LINE' PART...
	want=$1 last=$2 rc=0
	shift 2
	O=$WORK/o SLOWEST=1 sh tests/run "$@" >out 2>&1 || rc=$?
	[ $rc -eq "$want" ] || die "status $rc: $(cat out)"
	[ "$(tail -n 1 out)" = "$last" ] || die "sums up: $(cat out)"
}
has() {
	grep -q "$1" out || die "does not say '$1': $(cat out)"
}
run 1 '2 passed, 2 failed, 1 skipped'
has '^ok      cli/passes ('
has '^FAILED  cli/fails (status 3, '
has '^        because$'
has '^skip    cli/skips: has no cli/skips$'
has '^failed: cli/fails (status 3)$'
has '^failed: cli/dies (status none)$'
run 1 '0 passed, 1 failed, 1 skipped' cli/skips cli/fai
run 0 '1 passed, 0 failed, 1 skipped' cli/skips knfsd/f
run 1 '0 passed, 0 failed, 0 skipped' no/such

# It ignores SIGTERM, as does what it leaves in a session of its own. It may need more than a second to begin at all.
is cli/hangs <<'EOT'
trap '' TERM
setsid sleep 1000 &
echo $! >"$O/pid"
sleep 1000
EOT
sed -i 's/timeout -k 30/timeout -k 1/' tests/run
for limit in 1 5 25 125; do
	TEST_TIMEOUT=$limit run 1 '0 passed, 1 failed, 0 skipped' cli/hangs
	[ ! -s "$WORK/o/pid" ] || break
done
has '^FAILED  cli/hangs (status 137, '
has '^        ended after [0-9]* s, or killed$'
has '^[0-9]* s cli/hangs$'
is_gone() {
	! kill -0 "$(cat "$WORK/o/pid")" 2>/dev/null
}
[ "$(uname)" != Linux ] || until_ok 30 is_gone || die "what it started still runs"
