# The Homebrew formula, run with stand-ins for the words of its language (tests/lib/formula.rb): its install step leaves what
# `make install` does, its test passes with that, it names the version and all libraries.
. "$top/tests/lib/test.sh"
. "$top/tests/lib/package.sh"
need ruby
formula=$packaging/img2nfs.rb
ruby -wc "$formula" >"$WORK/log" 2>&1 || die "$(cat "$WORK/log")"
package_tree "$WORK/src"
cd "$WORK/src" && ruby "$top/tests/lib/formula.rb" "$formula" install "$WORK/brew" >"$WORK/log" 2>&1 || die "$(tail -n 20 "$WORK/log")"
names_below "$WORK/brew" >"$WORK/names"
same_files "$WORK/names"
mkdir "$WORK/empty" && cd "$WORK/empty" || exit 1
ruby "$top/tests/lib/formula.rb" "$formula" test "$WORK/brew" >"$WORK/log" 2>&1 || die "its test: $(cat "$WORK/log")"
