# Every image in e2fsprogs' own tests goes through `ls -R` and extraction to null: under ASan and UBSan, in 20 s and 1 GiB
# at most: no crash, no hang, no leak, and a status that the manual knows. `make corpus` fetches the images.
. "$top/tests/lib/test.sh"
need gzip bzip2
src=${E2FSPROGS_SRC:-}
for d in "$O"/corpus/e2fsprogs-*/; do
	[ -n "$src" ] || [ ! -d "$d/tests" ] || src=$d
done
[ -d "$src/tests" ] || skip "no source of e2fsprogs (make corpus, or E2FSPROGS_SRC=FOLDER)"
bin=$O/san/img2nfs
[ -x "$bin" ] || skip "no sanitized build (make check makes it)"
cd "$WORK" || exit 1
export ASAN_OPTIONS=hard_rss_limit_mb=1024:exitcode=99 UBSAN_OPTIONS=halt_on_error=1:exitcode=99
n=0 bad=0
: >statuses
run() {
	timeout -k 1 20 "$bin" "$@" >out 2>err
	rc=$?
	echo "$1 $rc" >>statuses
	case $rc in
	0 | 1 | 3 | 5) ;;
	*)
		bad=$((bad + 1))
		echo "$name: $*: status $rc"
		tail -n 5 err
		;;
	esac
}
for z in "$src"/tests/*/image*.gz "$src"/tests/*/image*.bz2; do
	name=${z#"$src"/tests/}
	case $z in
	*.tar.bz2) continue ;;
	*.bz2) unpack=bzip2 ;;
	*) unpack=gzip ;;
	esac
	$unpack -dc "$z" | dd of=img conv=sparse bs=64k 2>/dev/null
	n=$((n + 1))
	run ls -R img
	run extract --json img null:
	rm -f img
done
echo "$n images; statuses of ls and extract:"
sort statuses | uniq -c
# 1.47.0 has 393 test cases; 219 bring an image, the others make theirs
[ "$n" -gt 200 ] || die "only $n images"
[ "$bad" -eq 0 ] || die "$bad bad runs"
