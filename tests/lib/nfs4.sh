# nfs4.sh - the tests that source it speak NFSv4 with nfs-ganesha. Source test.sh first.
"$O/img2nfs" --version | grep -q 'libnfs 4\.' && skip "libnfs 4.0 cannot send requests of NFSv4"
I2N_TEST_VERSION=4
export I2N_TEST_VERSION

# get WORD: what sinkrun said of it in $WORK/out; it leaves out what it did not use, which is 0.
get() {
	n=$(tr ' ' '\n' <"$WORK/out" | sed -n "s/^$1=//p")
	echo "${n:-0}"
}
