# Compiles without a warning for the BSDs.
. "$top/tests/lib/test.sh"
. "$top/tests/lib/zig.sh"
need_zig 0.16.0
for target in x86_64-freebsd x86_64-netbsd x86_64-openbsd; do
	compile_for $target
done
