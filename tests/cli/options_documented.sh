# Every option that the program knows is in the manual, and the manual names no other; the same for the commands and for
# the classes of loss.
. "$top/tests/lib/test.sh"
img2nfs=$O/img2nfs
page=$top/src/cli/img2nfs.1

for c in $("$img2nfs" help --commands); do
	"$img2nfs" help --options "$c"
done | sed 's/^--*//; s/[=[	].*//' | sort -u >"$WORK/known"
# ".It Fl v , Fl -verbose", ".It Fl -window Ns = Ns Ar N"
sed -n 's/^\.It \(Fl .*\)/\1/p' "$page" | tr ' ' '\n' | grep -A1 '^Fl$' | grep -v -e '^Fl$' -e '^--$' |
	sed 's/^-//' | sort -u >"$WORK/documented"
diff "$WORK/known" "$WORK/documented" || die "options of the program (<) and of the manual (>) differ"
[ "$(wc -l <"$WORK/known")" -gt 3 ] || die "no options found"

for c in $("$img2nfs" help --commands); do
	grep -q "^\\.Ss img2nfs $c\$" "$page" || die "command $c has no section in the manual"
	grep -q "^\\.Cm $c\$" "$page" || die "command $c is not in the synopsis of the manual"
done

# The words that a value may be: each is in the manual.
for c in $("$img2nfs" help --commands); do
	"$img2nfs" help --options "$c"
done | sed -n 's/.*	//p' | tr '|' '\n' | sort -u | while read -r word; do
	grep -q "^\\.Cm $word\\b" "$page" || die "the manual lacks the word $word"
done || exit 1

# Classes of loss: the program prints them all as hint to a wrong one.
"$img2nfs" extract --allow-loss=nonsense x null: 2>&1 | sed -n 's/.*known classes: //p' | tr -d ' ' | tr ',' '\n' |
	grep -v '^all$' | sort >"$WORK/classes"
sed -n '/^\.Sh WHAT IS NOT KEPT/,/^\.El/s/^\.It Cm //p' "$page" | sort >"$WORK/classes_documented"
diff "$WORK/classes" "$WORK/classes_documented" || die "classes of loss differ"
[ -s "$WORK/classes" ] || die "no classes found"
