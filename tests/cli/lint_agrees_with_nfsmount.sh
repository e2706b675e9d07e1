# The options that lint-cmdline calls fatal are those at which klibc's nfsmount, the one of the initramfs, gives up; and
# an address that it takes is one that nfsmount takes. The mount point is missing, so that nothing is sent.
. "$top/tests/lib/cli.sh"
nfsmount=/usr/lib/klibc/bin/nfsmount
[ -x "$nfsmount" ] || skip "klibc's nfsmount is not installed (klibc-utils)"

# taken OPTIONS SERVER: does nfsmount get as far as the mount point?
taken() {
	"$nfsmount" -o nolock -o rw -o "$1" "$2:/srv" "$WORK/none" 2>mount.err && die "nfsmount mounts something"
	grep -q 'No such file' mount.err
}
# linted OPTIONS SERVER: does lint-cmdline let it pass?
linted() {
	echo "root=/dev/nfs nfsroot=$2:/srv,$1 rw ip=dhcp rootwait" | "$img2nfs" lint-cmdline --quiet - >out
}
same() {
	n=$((n + 1))
	if taken "$1" "$2"; then
		linted "$1" "$2" || { cat out; die "nfsmount takes $2,$1"; }
	elif linted "$1" "$2"; then
		cat mount.err
		die "nfsmount does not take $2,$1"
	fi
}
n=0
for o in vers=3 nfsvers=3 v3 vers=4 vers=4.1 nfsvers=4 v4 v4.2 vers= tcp udp proto=tcp nolock lock hard soft intr nointr \
	posix noposix cto nocto ac noac acl noacl rw tcp=1 port rsize=8192 rsize=8k wsize=x timeo=600 retrans=3 \
	acregmin=1 acregmax=2 acdirmin=3 acdirmax=4 port=2049 mountport=4 noatime nodev local_lock=all nconnect=2 sec=sys \
	mountproto=tcp actimeo=3 nosharecache vers=3,tcp ,vers=3 vers=3,, vers=3,tcp,bg; do
	same "$o" 192.0.2.1
done
for s in 10.0.0.1 nas nas.local fd00::1 '[fd00::1]'; do
	same vers=3 "$s"
done
[ "$n" -gt 50 ] || die "only $n compared"
# Taken by nfsmount, and still no way to boot.
for o in v2 vers=2 nfsvers=2 vers=3,ro broken_suid; do
	taken "$o" 192.0.2.1 || die "nfsmount does not take $o any more"
	linted "$o" 192.0.2.1 && die "lint-cmdline lets $o pass"
done
exit 0
