#!/bin/sh
# Each image of fixtures/hostile.py, with one thing wrong: exactly the damaged object is missing, exactly one note says
# so, extract ends with status 5 (damaged objects), and with --strict an error (3).
set -eu
. "$top/tests/lib/test.sh"
need python3 mke2fs debugfs diff
cd "$WORK"
tab=$(printf '\t')
bad=0
python3 "$top/fixtures/hostile.py" --all .
for b in base base-csum; do
	"$O/tests/tools/treedump" $b.img | cut -f 1-6 >$b.tree
done

complain() {
	echo "$name: $*"
	bad=1
}

# Lines of the base tree without the missing paths.
expected_tree() {
	case $missing in
	-) cat $base.tree ;;
	UNREADABLE*) cat $base.tree ;;
	ETC) grep -v "^\./etc/" $base.tree ;;	# where passwd stands in its block decides which others are lost
	*) awk -F '\t' -v list="$missing" '
		BEGIN { n = split(list, a, ","); for (i = 1; i <= n; i++) gone[a[i]] = 1 }
		!($1 in gone)' $base.tree ;;
	esac
}

python3 "$top/fixtures/hostile.py" --list >list
while IFS=$tab read -r name base missing note; do
	img=$name.img
	rc=0
	timeout 20 "$O/tests/tools/treedump" $img >all 2>notes </dev/null || rc=$?
	cut -f 1-6 all >tree
	want=5
	case $note in
	damaged*) ;;
	*) want=0 ;;
	esac
	[ $rc -eq $want ] || complain "status $rc, want $want"
	sed 's/inode [0-9]* is/inode INO is/' notes >got.notes
	printf '%s' "${note:+$note
}" >want.notes
	diff want.notes got.notes || complain "notes differ"
	case $missing in
	ETC) grep -v '^\./etc/' tree >t2; mv t2 tree ;;
	UNREADABLE*)
		grep -q "^${missing#UNREADABLE }$tab.*${tab}unreadable" all || complain "not marked as unreadable"
		# sizes were changed along with the map
		grep -v "^${missing#UNREADABLE }$tab" tree >t2; mv t2 tree
		grep -v "^${missing#UNREADABLE }$tab" $base.tree >t2; cp t2 want.tree ;;
	esac
	case $missing in
	UNREADABLE*) ;;
	*) expected_tree >want.tree ;;
	esac
	diff want.tree tree || complain "trees differ"
	rc=0
	timeout 20 "$O/img2nfs" extract --quiet $img null: >out 2>err </dev/null || rc=$?
	[ $rc -eq $want ] || { complain "extract ended with $rc, want $want"; cat err; }
	[ $want -eq 0 ] && continue
	rc=0
	timeout 20 "$O/img2nfs" extract --quiet --strict $img null: >out 2>err </dev/null || rc=$?
	[ $rc -eq 3 ] || { complain "extract --strict ended with $rc, want 3"; cat err; }
done <list
echo "$(wc -l <list) images"
exit $bad
