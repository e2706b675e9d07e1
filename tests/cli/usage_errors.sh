# A wrong command line is status 2, one line that names what is wrong, and a hint where to look. Nothing is opened.
. "$top/tests/lib/cli.sh"

run 2
says "no command given"
hints "'img2nfs help' lists the commands"
one_line
run 2 extrakt
says "unknown command 'extrakt'"
one_line
run 2 --extract
says "unknown option '--extract'"
one_line
run 2 ''
says "unknown command ''"
run 2 "$(printf 'a\n\033[31m')"
says "unknown command 'a\n\x1b[31m'"
one_line
run 2 help nonsense
says "unknown command 'nonsense'"
one_line
run 2 help help help
says "'help' takes [COMMAND], but 2 words are given"
hints "usage: img2nfs help"
one_line
run 2 --version extract
says "unknown option '--version'"
for o in --verify --manifest=m; do
	run 2 extract --squashed=script "$o" nothing.img nfs://127.0.0.1/x
	says "option '--squashed=script' excludes --verify and --manifest"
	hints "'img2nfs verify'"
done
for c in $("$img2nfs" help --commands); do
	run 2 "$c" --no-such-option
	says "unknown option '--no-such-option'"
	hints "'img2nfs $c --help' lists the options"
	one_line
	run 2 "$c" --hel
	says "unknown option '--hel'"
	# shellcheck disable=SC2046 # many words
	run 2 "$c" $(seq 70)
	says "'$c' takes "
	one_line
done
