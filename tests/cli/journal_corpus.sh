#!/bin/sh
# The journals in the tests of e2fsprogs ($E2FSPROGS_SRC: the unpacked Debian source package), against
# what e2fsck makes of a copy: block by block after e2fsck -E journal_only, or as a tree after
# e2fsck -fy where that also repairs other things; and those that Linux refuses to mount are
# refused, or replayed up to the damage.
set -eu
. "$top/tests/lib/test.sh"
need e2fsck gzip diff
src=${E2FSPROGS_SRC:-}
if [ -z "$src" ]; then
	for d in "$O"/e2fsprogs-*/ "$O"/corpus/e2fsprogs-*/; do
		[ ! -d "$d/tests" ] || src=$d
	done
fi
[ -d "$src/tests" ] || skip "no source of e2fsprogs (E2FSPROGS_SRC=FOLDER; apt-get source e2fsprogs)"
cd "$WORK"
bad=0 n=0
tools=$O/tests/tools

wrong() {
	echo "$*"
	cat log
	bad=1
}

unpack() {
	[ -e "$src/tests/$1/image.gz" ] || return 1
	gzip -dc "$src/tests/$1/image.gz" >img
	cp img theirs
	n=$((n + 1))
}

blocks() {
	unpack "$1" || return 0
	e2fsck -E journal_only -y theirs >e2fsck.log 2>&1 || :
	timeout 30 "$tools/replaydump" -c theirs img >log 2>&1 || wrong "$1: blocks differ"
}

tree() {
	unpack "$1" || return 0
	e2fsck -fy theirs >e2fsck.log 2>&1 || :
	timeout 30 "$tools/treedump" img >got 2>log || [ $? = 5 ] || wrong "$1: not read"
	timeout 30 "$tools/treedump" theirs >want 2>log || [ $? = 5 ] || wrong "$1: theirs not read"
	diff want got >log || wrong "$1: trees differ"
}

refused() { # NAME TEXT
	unpack "$1" || return 0
	timeout 30 "$tools/replaydump" img out >log 2>&1 && wrong "$1: not refused"
	grep -q "$2" log || wrong "$1: no \"$2\""
}

for t in "$src"/tests/j_*/ "$src"/tests/f_jnl_*/; do
	t=$(basename "$t")
	case $t in
	j_corrupt_sb_* | j_corrupt_journal_block | j_ext_dumpe2fs | f_jnl_etb_alloc_fail | j_recover_fast*) ;;
	*) blocks "$t" ;;
	esac
done
for t in j_recover_fast_commit f_journal f_orphan f_orphan_extents_inode f_orphan_indirect_inode \
	f_badjour_indblks f_badjourblks f_extra_journal f_miss_journal; do
	tree $t
done
refused j_corrupt_sb_csum "the checksum of its superblock is wrong"
refused j_corrupt_sb_magic "there is no journal superblock"
refused f_ext_journal "journal-device PATH"
if unpack j_corrupt_journal_block; then
	"$tools/replaydump" img out >log 2>&1 || wrong "j_corrupt_journal_block: refused"
	grep -q '^damaged journal: .* in transaction 4, log block 6: ' log || wrong "j_corrupt_journal_block"
	"$tools/replaydump" -s img out >log 2>&1 && wrong "j_corrupt_journal_block: strict, not refused"
fi
echo "$n images"
[ $n -ge 20 ] || { echo "too few of them are there"; bad=1; }
exit $bad
