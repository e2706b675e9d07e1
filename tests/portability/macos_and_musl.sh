# Compiles without a warning for macOS on both processors, and for Linux with musl and on arm64.
. "$top/tests/lib/test.sh"
. "$top/tests/lib/zig.sh"
need_zig 0.14.0-dev.2456
for target in aarch64-macos x86_64-macos x86_64-linux-musl aarch64-linux-musl aarch64-linux-gnu; do
	compile_for $target
done
