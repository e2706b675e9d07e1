# --map-users and --map-groups do what a user namespace does, seen by the kernel: a tree that was stored
# mapped looks, from inside a namespace with the same ranges, as the image's looks outside: owners, ids in
# ACLs, capabilities of version 2 and 3.
. "$top/tests/lib/e2e.sh"
need_loop
need setcap setfacl
use_fixture loss
cp "$img" "$WORK/x.img"
mkdir "$WORK/rw"
mount -o loop "$WORK/x.img" "$WORK/rw" || skip "no loop mounts"
cp /bin/true "$WORK/rw/three"
setcap -n 1000 cap_net_raw+ep "$WORK/rw/three" || skip "no capabilities of version 3 here"
: >"$WORK/rw/mine"
chown 1000:2000 "$WORK/rw/mine"
ln "$WORK/rw/mine" "$WORK/rw/mine-too"
umount "$WORK/rw"
mount_ro "$WORK/x.img" "$WORK/mnt"
chmod 644 "$WORK/x.img"

truncate -s 64M "$WORK/disk"
mke2fs -q -F -t ext4 "$WORK/disk"
mkdir -m 777 "$WORK/far"
mkdir "$WORK/to"
mount -o loop "$WORK/disk" "$WORK/to" || die "cannot mount"
at_exit "umount '$WORK/to'"
mkdir "$WORK/to/x"
extract --allow-loss=chattr --quiet --map-users=0:100000:1100 --map-users=1200:200000:100 --map-groups=0:150000:65536 \
	"$WORK/x.img" -
want_rc 0
tar --xattrs --xattrs-include='*' --acls --numeric-owner -xpf "$WORK/out" -C "$WORK/to/x" 2>/dev/null || die "tar failed"
[ "$(stat -c %u:%g "$WORK/to/x/mine")" = 101000:152000 ] || bad "owner: $(stat -c %u:%g "$WORK/to/x/mine")"

cat >"$WORK/in_namespace.py" <<'EOF'
import ctypes, os, sys
libc = ctypes.CDLL(None, use_errno=True)
ready, go = os.pipe(), os.pipe()
pid = os.fork()
if not pid:
    if libc.unshare(0x10000000):
        os._exit(77)
    os.write(ready[1], b"x")
    os.read(go[0], 1)
    os.setgid(0)
    os.setuid(0)
    os.execvp(sys.argv[1], sys.argv[1:])
os.close(ready[1])
if os.read(ready[0], 1):
    open("/proc/%d/uid_map" % pid, "w").write("0 100000 1100\n1200 200000 100\n")
    open("/proc/%d/gid_map" % pid, "w").write("0 150000 65536\n")
os.write(go[1], b"x")
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
EOF
dump=$(for_nobody "$O/tests/tools/dirdump")
dump_here() {	# COMMAND...: nobody sees trusted.* from inside
	"$@" "$dump" . | sed 's/	data=[0-9]*//' || return
	"$@" python3 - . <"$top/tests/lib/xattrdump.py" | grep -v '	trusted\.'
}
(cd "$WORK/mnt" && dump_here env) >"$WORK/want"
(cd "$WORK/to/x" && dump_here python3 "$WORK/in_namespace.py") >"$WORK/got" 2>"$WORK/ns.err"
[ -s "$WORK/got" ] || skip "no user namespaces here: $(tail -n 1 "$WORK/ns.err")"
for t in 'security.capability=01000003' 'security.capability=01000002' 'posix_acl_access' 'posix_acl_default'; do
	grep -q "$t" "$WORK/want" || bad "the image has no $t"
done
diff "$WORK/want" "$WORK/got" >"$WORK/diff" || {
	cut -c 1-200 "$WORK/diff"
	bad "the namespace sees something else ('<': the image outside)"
}
echo "$(wc -l <"$WORK/got") objects and attributes compared"

# What is in no range is named before anything is written: an owner, a group, a name in an ACL, a root id.
for m in '--map-users=0:100000:1000|acl' '--map-groups=0:100000:2000|mine' '--map-groups=99:100000:1|.' \
	'--map-users=0:100000:1000 --map-users=1001:200000:1000|three'; do
	# shellcheck disable=SC2086
	extract --quiet ${m%|*} "$WORK/x.img" "$WORK/far/no.tar"
	want_rc 2
	want_err "cannot map '${m#*|}"
	want_err 'is in no range'
done
e2e_end
