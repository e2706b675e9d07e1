# Every example of the manual pages is run as it is written, and every command has one. None is broken by a terminal of 80
# columns, where it would be pasted as two commands.
. "$top/tests/lib/e2e.sh"
. "$top/tests/lib/examples.sh"
pages="$top/src/cli/img2nfs.1 $top/src/cli/img2nfs-json.5"
for page in $pages; do
	page_examples "$page"
done >"$WORK/examples"
sed -n '/^\.Sh EXAMPLES/,/^\.Sh SEE/p' "$top/src/cli/img2nfs.1" >"$WORK/section"
page_examples "$WORK/section" >"$WORK/in-section"
for c in $("$bin" help --commands); do
	grep -qE "(^|[ |])img2nfs $c( |\$)" "$WORK/in-section" || bad "EXAMPLES has none of $c"
done
cat $pages | sed -n 's/^\.Dl \(.*\(img2nfs\|tar\) .*\|\\ .*\)/\1/p' | sed -e 's/\\ / /g' -e 's/\\e/\\/g' |
	awk 'length > 67' >"$WORK/long"
[ ! -s "$WORK/long" ] || bad "longer than 67 columns: $(cat "$WORK/long")"
examples_begin
readme_examples "$top/README.md" >"$WORK/of-readme"
examples_unused "$WORK/examples" "$WORK/of-readme"
examples_run "$WORK/examples"
e2e_end
