"""One line per extended attribute below a folder, as the kernel shows them: path, name, value in hex; sorted."""
import os
import sys


def escape(b):
    return "".join("\\%03o" % c if c <= 32 or c >= 127 or c == 92 else chr(c) for c in b)


lines = []


def dump(path, shown):
    for name in os.listxattr(path, follow_symlinks=False):
        value = os.getxattr(path, name, follow_symlinks=False)
        lines.append("%s\t%s=%s" % (shown, escape(os.fsencode(name)), value.hex()))


def walk(fd, shown):
    for e in os.listdir(fd):
        raw = os.fsencode(e)
        child = shown + "/" + escape(raw)
        path = b"/proc/self/fd/%d/" % fd + raw     # a path from the root may be too long
        dump(path, child)
        st = os.lstat(path)
        if (st.st_mode & 0o170000) == 0o040000:
            below = os.open(e, os.O_RDONLY, dir_fd=fd)
            walk(below, child)
            os.close(below)


top = os.open(sys.argv[1], os.O_RDONLY)
dump(b"/proc/self/fd/%d/." % top, ".")
walk(top, ".")
sys.stdout.write("".join(l + "\n" for l in sorted(lines)))
