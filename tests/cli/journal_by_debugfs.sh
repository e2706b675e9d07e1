#!/bin/sh
# Journals written by debugfs (jo, jw, jc): what the replay in memory makes of each block is what
# e2fsck -E journal_only makes of it. With 32 and 64 bit tags, all kinds of checksums, revoked
# blocks, blocks that begin with the magic number of the journal, a transaction without a commit
# block, and a log that goes round.
set -eu
. "$top/tests/lib/test.sh"
need mke2fs debugfs e2fsck dumpe2fs
cd "$WORK"
bad=0
export E2FSPROGS_FAKE_TIME=1700000000
printf '\300;9\230 begins with the magic number' >magic
head -c 4096 /dev/urandom >>magic
head -c 12288 /dev/urandom >random
tools=$O/tests/tools

# make BLOCK_SIZE "MKE2FS OPTIONS" < debugfs commands: img, with blocks 5000 and so on as its prey
make() {
	if [ "$1 $2" != "${made:-}" ]; then
		rm -f fresh
		mke2fs -q -F -b "$1" -J size=4 $2 fresh 16384 >mke2fs.log 2>&1 || { cat mke2fs.log; exit 1; }
		made="$1 $2"
	fi
	cp --sparse=always fresh img
	cat >commands
	debugfs -w -f commands img >debugfs.log 2>&1 || :
	! grep -i 'error\|unknown' debugfs.log || { echo "debugfs failed"; cat debugfs.log; bad=1; }
}

# row NAME TRANSACTIONS BLOCKS: compare with e2fsck, block by block
row() {
	cp img theirs
	before=$(sha256sum <img)
	e2fsck -E journal_only -y theirs >e2fsck.log 2>&1 || { echo "$1: e2fsck: $?"; cat e2fsck.log; bad=1; }
	"$tools/replaydump" -c theirs img >log 2>&1 || { echo "$1: differs"; cat log; bad=1; }
	grep -q "^$2 transactions, $3 blocks" log || { echo "$1: not $2, $3:"; cat log; bad=1; }
	[ "$before" = "$(sha256sum <img)" ] || { echo "$1: the image has changed"; bad=1; }
	echo "$1: $(grep -v '^info' log | tr '\n' ';')"
}

for bs in 1024 4096; do
	for kind in none v2 v3; do
		[ "$bs-$kind" != 4096-v2 ] || continue
		case $kind in
		v2) features="-O has_journal,extent,64bit,metadata_csum" csum="-c -v 2" ;;
		v3) features="-O has_journal,extent,64bit,metadata_csum" csum="-c -v 3" ;;
		none) features="-O has_journal,^metadata_csum,^64bit" csum= ;;
		esac
		name=$bs-$kind
		make $bs "$features" <<-EOT
		jo $csum
		jw -b 5000,5001,5002 random
		jc
		jo
		jw -b 5001 magic
		jc
		EOT
		row "$name-escaped" 2 3
		make $bs "$features" <<-EOT
		jo $csum
		jw -b 5000,5001,5002 /dev/zero
		jc
		jo
		jw -r 5000,5002
		jc
		EOT
		row "$name-revoked" 2 1
		make $bs "$features" <<-EOT
		jo $csum
		jw -b 5000,5001 random
		jc
		jo
		jw -r 5000
		jc
		jo
		jw -b 5000 /dev/zero
		jc
		EOT
		row "$name-revoked-then-written" 3 2
		make $bs "$features" <<-EOT
		jo $csum
		jw -b 5000 random
		jc
		jo
		jw -b 5001 random -c
		jc
		EOT
		row "$name-uncommitted" 1 1
	done
done
make 1024 "-O has_journal,^resize_inode" <<EOT
jo
jw -b $(seq -s, 9000 10499) /dev/zero
jc
EOT
row long 1 1500
make 1024 "-O has_journal,^extent,^64bit,^metadata_csum" <<EOT
jo
jw -b $(seq -s, 9000 10499) /dev/zero
jc
EOT
row indirect-long 1 1500
exit $bad
