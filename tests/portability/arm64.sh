# The unit tests and some of the others on arm64 (64 bits, not x86), under qemu-user.
. "$top/tests/lib/test.sh"
. "$top/tests/lib/foreign.sh"
run_foreign arm64 aarch64-linux-gnu qemu-aarch64
