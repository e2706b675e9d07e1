# nfs4.sh - the tests that source it speak NFSv4 with nfs-ganesha. Source test.sh first.
"$O/img2nfs" --version | grep -q 'libnfs 4\.' && skip "libnfs 4.0 cannot send requests of NFSv4"
I2N_TEST_VERSION=4
export I2N_TEST_VERSION
