# Built with libnfs 4.0 the program says why it cannot speak NFSv4, and what to do, before it asks anybody.
. "$top/tests/lib/cli.sh"
"$img2nfs" --version | grep -q 'libnfs 4\.' || skip "built with a libnfs that can"
run 2 check 'nfs://127.0.0.1/export?version=4'
one_line
says 'cannot speak NFSv4: this program was built with libnfs 4.'
hints 'libnfs 5.0 or later'
hints 'version=3'
truncate -s 1M img
run 2 check 'nfs://127.0.0.1/export?version=5'
hints 'NFSv3 and NFSv4.0 are spoken'
