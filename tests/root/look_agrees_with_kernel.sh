# ls, stat and cat show of every object what the kernel's mount shows: attributes, targets, xattrs, ACLs, content. stat and
# cat are programs of their own each time: they look at whatever has xattrs, at five of each type in each directory, and at
# every STEP-th of the others (16; STEP=1 for all).
. "$top/tests/lib/cli.sh"
need python3 getfacl getcap
need_loop
for kind in plain loss; do
	img=$(sh "$top/tests/lib/small_image.sh" $kind) || skip "no small image"
	mount_ro "$img" "$WORK/mnt-$kind"
	"$img2nfs" ls -R --json "$img" >"ls-$kind" 2>err || die "ls of $kind: status $?: $(cat err)"
	python3 - "$img2nfs" "$img" "$WORK/mnt-$kind" "ls-$kind" "${STEP:-16}" <<'EOP' || die "differences in $kind"
import base64, json, os, stat, subprocess, sys
prog, img, mnt, listing = [os.fsencode(a) for a in sys.argv[1:5]]
step = int(sys.argv[5])
TYPES = {stat.S_IFREG: "file", stat.S_IFDIR: "directory", stat.S_IFLNK: "symlink", stat.S_IFCHR: "char",
         stat.S_IFBLK: "block", stat.S_IFIFO: "fifo", stat.S_IFSOCK: "socket"}
wrong = looked = 0
alike = {}

def check(path, what, got, want):
    global wrong
    if got != want:
        print(path, what, "is", got, "want", want)
        wrong += 1

def raw(o, key):
    return base64.b64decode(o[key + "_base64"]) if key + "_base64" in o else os.fsencode(o[key])

ours = {}
for line in open(listing, "rb"):
    o = json.loads(line)
    ours[raw(o, "path")] = o
theirs = {}

def is_looked_at(p, fmt, xattrs):
    kind = (os.path.dirname(p), fmt)
    alike[kind] = alike.get(kind, 0) + 1
    return xattrs or alike[kind] <= 5 or alike[kind] % step == 0

def compare(p, s, full):
    """full: a short way to the object, because p may be longer than PATH_MAX"""
    if p not in ours:
        return check(p, "presence", False, True)
    o = ours[p]
    fmt = stat.S_IFMT(s.st_mode)
    check(p, "type", o["type"], TYPES[fmt])
    check(p, "mode", int(o["mode"], 8), stat.S_IMODE(s.st_mode))
    check(p, "ids", (o["uid"], o["gid"], o["ino"], o["nlink"]), (s.st_uid, s.st_gid, s.st_ino, s.st_nlink))
    check(p, "mtime", o["mtime"] * 10**9 + o["mtime_nsec"], s.st_mtime_ns)
    check(p, "atime", o["atime"] * 10**9 + o["atime_nsec"], s.st_atime_ns)
    if fmt in (stat.S_IFREG, stat.S_IFLNK):
        check(p, "size", o["size"], s.st_size)
    if fmt in (stat.S_IFCHR, stat.S_IFBLK):
        check(p, "rdev", (o["major"], o["minor"]), (os.major(s.st_rdev), os.minor(s.st_rdev)))
    if fmt == stat.S_IFLNK:
        check(p, "target", raw(o, "target"), os.readlink(full))
    want = {os.fsencode(n): os.getxattr(full, n, follow_symlinks=False) for n in os.listxattr(full, follow_symlinks=False)}
    if not is_looked_at(p, fmt, want):
        return
    global looked
    looked += 1
    out = subprocess.run([prog, b"stat", b"--json", img + b":/" + p], stdout=subprocess.PIPE)
    check(p, "status of stat", out.returncode, 0)
    o = json.loads(out.stdout)
    got = {raw(x, "name"): raw(x, "value") for x in o["extended_attributes"]}
    check(p, "xattrs", got, want)
    if fmt == stat.S_IFREG and s.st_size < 1 << 24:
        out = subprocess.run([prog, b"cat", img + b":" + p], stdout=subprocess.PIPE)
        check(p, "status of cat", out.returncode, 0)
        check(p, "content equal", out.stdout == open(full, "rb").read(), True)

for d, dirs, files, fd in os.fwalk(mnt):
    for n in dirs + files:
        p = os.path.join(d, n)[len(mnt) + 1:]
        theirs[p] = True
        compare(p, os.lstat(n, dir_fd=fd), b"/proc/self/fd/%d/%s" % (fd, n))
check("all", "paths", sorted(set(ours) - set(theirs)), [])
print("%d objects, %d by themselves" % (len(theirs), looked))
sys.exit(wrong != 0)
EOP
done
# ACLs and capabilities in the words of getfacl and getcap
getfacl -R -p -n --skip-base "$WORK/mnt-loss" >acls 2>/dev/null
f=$(awk '/^# file: / { f = substr($0, 9) } /^mask::/ { print f; exit }' acls)
[ "$f" ] || die "the image has no access ACL to compare with"
want=$(getfacl -p -n -c -a "$f" | sed 's/[[:space:]]*#effective.*//' | grep . | tr '\n' ',' | sed 's/,$//')
"$img2nfs" stat "$img:${f#"$WORK/mnt-loss"}" >out
grep -F -q "system.posix_acl_access = $want" out || die "no '$want' in: $(cat out)"
cap=$(getcap -r "$WORK/mnt-loss" | head -n 1)
[ "$cap" ] || die "the image has no capability to compare with"
"$img2nfs" stat "$img:${cap#"$WORK/mnt-loss"}" >/dev/null 2>&1 && die "a path with '=' in it should not exist"
f=${cap% *}
"$img2nfs" stat "$img:${f#"$WORK/mnt-loss"}" | grep -F -q "security.capability = ${cap##* }" || die "capability is not '${cap##* }'"
# symlinks inside the image are followed within it
"$img2nfs" ls "$img:/no/such" 2>err && die "ls of nothing succeeds"
[ $? -eq 3 ] && grep -q "cannot look at '.*/no/such': no such file" err || die "message: $(cat err)"
