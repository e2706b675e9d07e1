# The make targets in README.md have a rule, and the files that it names are there. Its commands are run by
# e2e/examples_of_readme, the shell parts of its CI snippets by e2e/readme_in_ci.
. "$top/tests/lib/cli.sh"
grep -o '^    \(sudo \)\{0,1\}make.*\|`make [a-z]*' "$top/README.md" | sed 's/.*make *//; s/ .*//' | sort -u >targets
[ -s targets ] || die "no make targets found in README.md"
while read -r t; do
	[ -z "$t" ] || grep -q "^$t:" "$top/Makefile" || die "README.md: make $t does not exist"
done <targets
grep -o ']([^)h][^)]*)' "$top/README.md" | tr -d ']()' | while read -r f; do
	[ -e "$top/$f" ] || die "README.md: $f does not exist"
done
