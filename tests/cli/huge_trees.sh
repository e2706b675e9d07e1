#!/bin/sh
# A tree 100,000 levels deep and a file with a million names are read and "stored" whole, in seconds. LONG=1: a million
# levels.
set -eu
. "$top/tests/lib/test.sh"
need python3 mke2fs
cd "$WORK"

check() {
	timeout 60 "$O/tests/tools/treedump" -q img >out
	grep "^$1" out || { cat out; die "want $1"; }
	timeout 120 "$O/img2nfs" extract --quiet img null:
	rm img
}

n=100000
[ -z "${LONG:-}" ] || n=1000000
python3 "$top/fixtures/huge_tree.py" deep $n img
check "$((n + 1)) inodes, $n dirents"	# and the root
python3 "$top/fixtures/huge_tree.py" links 1000000 img
check "3 inodes, 1000001 dirents"
