# The unit tests and some of the others on armhf (32 bits, as on a Raspberry Pi OS of that kind), under qemu-user.
. "$top/tests/lib/test.sh"
. "$top/tests/lib/foreign.sh"
run_foreign armhf arm-linux-gnueabihf qemu-arm
