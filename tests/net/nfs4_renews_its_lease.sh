# A run that opens nothing for longer than the lease renews it. (What if not: net/nfs4_outlives_its_lease.)
. "$top/tests/lib/test.sh"
. "$top/tests/lib/nfs4.sh"
. "$top/tests/lib/ganesha.sh"
. "$top/tests/lib/nfsproxy.sh"

dump() { ASAN_OPTIONS=detect_leaks=0 "$O/tests/tools/dirdump" -S "$1"; }
need_root "the VFS export"
mkdir "$WORK/src" "$WORK/exp" || exit 1
head -c 20000000 /dev/urandom >"$WORK/src/a"
touch -d '2001-01-01' "$WORK/src/a" "$WORK/src"
dump "$WORK/src" >"$WORK/want" || exit 1
ganesha_start g vfs "$WORK/exp" lease=6

# 300 WRITEs one after the other, 40 ms each: twice the lease
proxy_start p g -d 40000
"$O/tests/tools/sinkrun" -w 1 -s 65536 "$WORK/src" "$(proxy_url p g /x)" >"$WORK/out" 2>"$WORK/notes" ||
	die "status $?: $(cat "$WORK/notes")"
dump "$WORK/exp/x" | diff "$WORK/want" - || die "not what was to be stored"
echo "RENEW $(get RENEW), SETCLIENTID $(get SETCLIENTID)"
[ "$(get RENEW)" -ge 3 ] || die "the lease was not renewed"
[ "$(get SETCLIENTID)" -le 2 ] || die "another client"
