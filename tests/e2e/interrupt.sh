# A signal in the middle of the run: a clean stop, what is incomplete, status 128 + signal.
. "$top/tests/lib/e2e.sh"
need_loop
use_fixture debian
serve
mkdir -m 777 "$WORK/far"
watched=$(for_nobody "$O/tests/tools/watched") || exit 1

# stop_with SIGNAL NUMBER
stop_with() {
	rm -f "$WORK/far/watched"
	# One request at a time, so that there is a middle.
	as_nobody "$watched" "$WORK/far/watched" "$bin" extract --window=1 --json "$img" "$(ganesha_url srv "/$1")" \
		>"$WORK/out" 2>"$WORK/err" </dev/null &
	job=$!
	# Folders come first, then files: the signal comes when files are being written.
	until_ok 60 has_files "$exp/$1" || bad "no work seen in 60 s"
	kill -s "$1" "$(sed -n 's/^pid //p' "$WORK/far/watched")" || bad "it had already ended"
	wait $job
	rc=$?
	want_rc $((128 + $2))
	want_err "SIG$1"
	want_err 'incomplete'
	want_json 'j["status"] == '$((128 + $2))
	want_json '0 < j["stored"]["total"] < j["planned"]["total"]'
}

has_files() {
	[ "$(find "$1" -type f -print 2>/dev/null | head -n 20 | wc -l)" -ge 20 ]
}

stop_with INT 2
stop_with TERM 15
e2e_end
