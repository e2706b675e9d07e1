# Every command line that README shows is run as it is written.
. "$top/tests/lib/e2e.sh"
. "$top/tests/lib/examples.sh"
readme_examples "$top/README.md" >"$WORK/examples"
examples_begin
examples_run "$WORK/examples"
e2e_end
