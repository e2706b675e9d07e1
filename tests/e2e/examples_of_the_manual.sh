# Every example of the manual pages is run as it is written, and every command has one.
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
examples_begin
readme_examples "$top/README.md" >"$WORK/of-readme"
examples_unused "$WORK/examples" "$WORK/of-readme"
examples_run "$WORK/examples"
e2e_end
