# The commands in README.md: those of the program exist with their options, those of make have a rule.
. "$top/tests/lib/cli.sh"
sed -n 's/^    img2nfs //p' "$top/README.md" >commands
[ "$(wc -l <commands)" -ge 5 ] || die "no commands found in README.md"
while read -r c words; do
	run 0 "$c" --help
	for w in $words; do
		case $w in
		-*) "$img2nfs" help --options "$c" | grep -q -e "^${w%%=*}\\b" || die "README.md: $c has no option $w" ;;
		esac
	done
done <commands
grep -o '^    \(sudo \)\{0,1\}make.*\|`make [a-z]*' "$top/README.md" | sed 's/.*make *//; s/ .*//' | sort -u >targets
[ -s targets ] || die "no make targets found in README.md"
while read -r t; do
	[ -z "$t" ] || grep -q "^$t:" "$top/Makefile" || die "README.md: make $t does not exist"
done <targets
grep -o ']([^)h][^)]*)' "$top/README.md" | tr -d ']()' | while read -r f; do
	[ -e "$top/$f" ] || die "README.md: $f does not exist"
done
