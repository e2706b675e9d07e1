# The unit tests and some of the others on s390x (big-endian), under qemu-user.
. "$top/tests/lib/test.sh"
. "$top/tests/lib/foreign.sh"
run_foreign s390x s390x-linux-gnu qemu-s390x
