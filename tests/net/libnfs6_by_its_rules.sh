# The half of the program that speaks with libnfs 6 and 7 (rpc_task.c), built with a stand-in for it (tests/lib/libnfs6.h)
# that has its calls and checks its rules: one of everything arrives over NFSv3, and over NFSv4 where the installed libnfs
# can; what it cannot secure is refused, and what it has secured does not leave by another way.
. "$top/tests/lib/test.sh"
. "$top/tests/lib/ganesha.sh"
. "$top/tests/lib/nfsproxy.sh"
. "$top/tests/lib/sink_tree.sh"
need cc ar pkg-config make
case $(pkg-config --modversion libnfs) in
[45].*) ;;
*) skip "the installed libnfs is of that kind itself" ;;
esac
sink_tree "$WORK/src" 60
rm "$WORK/src/tera"
dump "$WORK/src" >"$WORK/want" || exit 1

# Only src/sink is built anew; the rest is that of the tested build.
b=$WORK/build
san=$(grep -o 'fsanitize=[^ ]*' "$O/flags" | head -n 1 | cut -d = -f 2)
for f in "$top"/src/sink/*.c; do echo "$b/src/sink/$(basename "$f" .c).o"; done >"$WORK/objects"
# shellcheck disable=SC2046 # words wanted
make -s -C "$top" O="$b" WERROR=1 SAN="$san" CFLAGS="-include $top/tests/lib/libnfs6.h" $(cat "$WORK/objects") \
	>"$WORK/make.log" 2>&1 || { cat "$WORK/make.log"; die "does not build"; }
cp "$O/libimg2nfs.a" "$b/" && ar r "$b/libimg2nfs.a" $(cat "$WORK/objects") || die "no library"
nm "$b/src/sink/rpc_task.o" | grep -q rpc_nfs3_read_task || die "not the half that is meant"
# shellcheck disable=SC2046
cc -Wall -Wextra -Werror -O2 -g -D_DEFAULT_SOURCE ${san:+-fsanitize="$san"} $(pkg-config --cflags libnfs) \
	-c -o "$b/libnfs6.o" "$top/tests/lib/libnfs6.c" || die "the stand-in does not build"
libs=$(tr ' ' '\n' <"$O/flags" | grep '^-[lL]' | tr '\n' ' ')
link() {
	out=$1
	shift
	# shellcheck disable=SC2086
	cc -pthread ${san:+-fsanitize="$san"} -o "$out" "$@" "$b/libimg2nfs.a" "$b/libnfs6.o" $libs || die "cannot link $out"
}
link "$b/sinkrun" "$O/tests/tools/sinkrun.o"
link "$b/img2nfs" "$O/src/cli/main.o" "$O/cli.a"

mkdir "$WORK/exp" || exit 1
ganesha_start g vfs "$WORK/exp"
versions=3
case $(pkg-config --modversion libnfs) in 5.*) versions='3 4' ;; esac
for v in $versions; do
	I2N_TEST_VERSION=$v
	"$b/sinkrun" "$WORK/src" "$(ganesha_url g /v$v)" >"$WORK/out" 2>"$WORK/notes"
	rc=$?
	[ $rc -eq 1 ] || die "version $v: status $rc: $(cat "$WORK/notes")"
	grep -v '^loss symlink-times ' "$WORK/notes" && die "version $v: unexpected notes"
	dump "$WORK/exp/v$v" | diff "$WORK/want" - || die "version $v: not what was to be stored"
	# data in flight when the connection breaks
	proxy_start p g lose-reply=40 drop-call=80
	"$b/sinkrun" -s 65536 "$WORK/src" "$(proxy_url p g /b$v)" >"$WORK/out" 2>"$WORK/notes"
	rc=$?
	proxy_stop p
	[ $rc -eq 1 ] || die "version $v, broken: status $rc: $(cat "$WORK/notes")"
	dump "$WORK/exp/b$v" | diff "$WORK/want" - || die "version $v, broken: not what was to be stored"
done
I2N_TEST_VERSION=3

# Not secured: nothing is sent.
proxy_start p g
for ask in sec=krb5 sec=krb5i sec=krb5p xprtsec=tls xprtsec=mtls; do
	"$b/img2nfs" check "$(proxy_url p g "/no")&$ask" >"$WORK/out" 2>&1
	rc=$?
	[ $rc -eq 2 ] || die "$ask: status $rc: $(cat "$WORK/out")"
	grep -q "cannot speak to the server with $ask: libnfs .* refuses it: Unknown url argument" "$WORK/out" ||
		die "$ask: $(cat "$WORK/out")"
done
proxy_stop p | grep 'connections=0' || die "somebody was spoken to"
# Secured: the symlink that needs a connection of our own stays here, and all else arrives.
LIBNFS6_SECURE=1 "$b/sinkrun" "$WORK/src" "$(ganesha_url g /sec)&sec=krb5" >"$WORK/out" 2>"$WORK/notes"
grep -q "^failed .*longlink: .*NFS3ERR_NAMETOOLONG" "$WORK/notes" || die "a long symlink: $(cat "$WORK/notes")"
dump "$WORK/exp/sec" | diff "$WORK/want" - | grep '^[<>]' | grep -v -e longlink -e midlink -e '	\.	' -e '^[<>] \.	' &&
	die "the rest did not arrive"
exit 0
