# cli.sh - checks for tests of the command line. `. "$top/tests/lib/cli.sh"` instead of test.sh.
. "$top/tests/lib/test.sh"
img2nfs=$O/img2nfs
cd "$WORK" || exit 1

# run STATUS WORD...: the program with these words; its output is in $WORK/out and $WORK/err.
run() {
	want=$1
	shift
	ran="img2nfs $*"
	rc=0
	"$img2nfs" "$@" >"$WORK/out" 2>"$WORK/err" || rc=$?
	[ "$rc" -eq "$want" ] || {
		cat "$WORK/out" "$WORK/err" >&2
		die "$ran: status $rc, want $want"
	}
}

# says TEXT, hints TEXT, prints TEXT: a line of stderr, a hint below a message, or a line of stdout contains the text.
says() {
	grep -v '^  ' "$WORK/err" | grep -qF -e "$1" || {
		cat "$WORK/err" >&2
		die "$ran: does not say: $1"
	}
}
hints() {
	grep '^  ' "$WORK/err" | grep -qF -e "$1" || {
		cat "$WORK/err" >&2
		die "$ran: does not hint: $1"
	}
}
prints() {
	grep -qF -e "$1" "$WORK/out" || {
		cat "$WORK/out" >&2
		die "$ran: does not print: $1"
	}
}

# One clear line, with or without hints below, and nothing on stdout.
one_line() {
	[ "$(grep -vc '^  ' "$WORK/err")" -eq 1 ] || {
		cat "$WORK/err" >&2
		die "$ran: not one line"
	}
	grep -q '^img2nfs: [^ ]' "$WORK/err" || die "$ran: does not begin with its name"
	[ ! -s "$WORK/out" ] || die "$ran: prints something on stdout"
}
