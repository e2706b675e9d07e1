# Each rule of `make lint` finds its violation in a small tree made for it, and a clean tree has none.
. "$top/tests/lib/test.sh"
need git awk cc
rm -rf "$WORK/tree"
mkdir -p "$WORK/tree"
cd "$WORK/tree" || exit 1
mkdir -p include/img2nfs src/base src/sink src/ext4 src/cli tests
cp -R "$top/tests/lint" tests/
git init -q . || skip "git cannot make a repository here"

clean() {
	cat >include/img2nfs/good.h <<'EOT'
#ifndef GOOD_H
#define GOOD_H

int good(int x);

#endif
EOT
	sed -i 's/^\(base\|sink\|ext4\)\t.*/\1\tgood/' tests/lint/layers.txt
	printf 'ext4\tgood\t<ext2fs/> <et/>\n' >>tests/lint/layers.txt
	cat >src/sink/good.c <<'EOT'
#include "img2nfs/good.h"

#include <stdint.h>

static const char *const names[] = { "TODAY", "b" };
static const int n = 1;

struct later;

int good(int x)
{
	return x + n + (names[0] != 0);
}
EOT
}
lint() {
	O=$WORK/none sh tests/lint/run >"$WORK/lint.out" 2>&1
}
# finds TEXT: lint fails and says so; then the tree is made clean again.
finds() {
	! lint || die "lint passes although: $1"
	grep -qF -e "$1" "$WORK/lint.out" || {
		cat "$WORK/lint.out" >&2
		die "lint does not find: $1"
	}
	rm -rf include/img2nfs/* src/*/*
	clean
}
# A long word of N letters.
letters() {
	awk -v n="$1" 'BEGIN { while (n--) printf "x" }'
}

clean
lint || {
	cat "$WORK/lint.out" >&2
	die "lint fails on a clean tree"
}
echo '#include "../ext4/x.h"' >>src/sink/good.c && touch src/ext4/x.h
finds "sink includes ../ext4/x.h of another folder"
echo '#include "img2nfs/fs.h"' >src/sink/a.c
finds "sink may not include img2nfs/fs.h"
echo '#include <ext2fs/ext2fs.h>' >src/sink/a.c
finds "sink includes <ext2fs/ext2fs.h>, which belongs to src/ext4"
mkdir src/new && echo '#include <stdio.h>' >src/new/a.c
finds "folder src/new is not in tests/lint/layers.txt"
rmdir src/new
echo 'struct nfs_context *bad(errcode_t e);' >>include/img2nfs/good.h
finds "name of a library in an interface: errcode_t"
echo 'int twice;' >src/cli/good.c
finds "two files are called good.c"
awk 'BEGIN { for (i = 0; i < 801; i++) print "" }' >src/sink/long.c
finds "src/sink/long.c:801: more than 800 lines"
awk 'BEGIN { print "int f(void)\n{"; for (i = 0; i < 101; i++) print "\t;"; print "}" }' >src/sink/a.c
finds "src/sink/a.c:2: function of 101 lines"
printf '#include <stdio.h>\n#include "img2nfs/good.h"\n' >src/sink/a.c
finds "src/sink/a.c:2: include order"
echo "/* $(letters 120) */" >src/sink/a.c
finds "src/sink/a.c:1: 126 columns"
printf '#ifdef __linux__\nint f(void);\n#endif\n' >src/sink/a.c
finds "src/sink/a.c:1: what one system has belongs into src/base/os.h"
printf 'int f(void);\t\n' >src/sink/a.c
finds "src/sink/a.c:1: space at the end"
printf 'int f(void)\n{\n        return 1;\n}\n' >src/sink/a.c
finds "src/sink/a.c:3: indented with spaces"
for v in 'static int count;' 'int count = 1;' 'static const char *text;' 'struct later *list;' 'static struct {'; do
	echo "$v" >src/sink/a.c
	finds "src/sink/a.c:1: mutable variable outside a function"
done
printf 'int f(void)\n{\n\tstatic int n;\n\treturn n++;\n}\n' >src/sink/a.c
finds "src/sink/a.c:3: mutable variable outside a function"
printf '/* %s: later */\n' TO''DO >src/sink/a.c
finds "src/sink/a.c:1: unfinished"
printf '/* %s: no reason */\n' FIX''ME >src/sink/a.c
finds "src/sink/a.c:1: FIX""ME without (reason)"
echo 'struct a { size_t n; };' >src/sink/a.h
finds "src/sink/a.h: cannot be included alone"
printf '/* see /%s/%s/notes */\n' ro''ot me >src/sink/a.c
finds "path of one machine: src/sink/a.c:1"
letters 65537 >fixture
finds "fixture: larger than 64 KiB"
