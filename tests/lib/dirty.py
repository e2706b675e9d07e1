#!/usr/bin/env python3
"""Random work in a mounted file system, ended by an fsync.

    dirty.py DIR SEED ROUNDS [fast]

Between rounds files are synced one by one, so that the journal holds several transactions (with `fast`: fast commits, and
only what does not force a full commit). Prints the path of the file that was synced last.
"""
import errno
import os
import random
import subprocess
import sys

root, seed, rounds = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
fast = "fast" in sys.argv[4:]
rnd = random.Random(seed)
dirs, files, others = [root], [], []
MAGIC = b"\xc0\x3b\x39\x98"


def fresh():
    return "%s/%s%d" % (rnd.choice(dirs), rnd.choice(["f", "a name ", "x" * rnd.randrange(1, 200)]), rnd.randrange(10**6))


def data(n):
    kind = rnd.randrange(4)
    return MAGIC * (n // 4 + 1) if kind == 0 else bytes([rnd.randrange(256)]) * n if kind == 1 else rnd.randbytes(n)


def write(path, off, n):
    fd = os.open(path, os.O_WRONLY | os.O_CREAT, 0o644)
    os.pwrite(fd, data(n)[:n], off)
    os.close(fd)


def create():
    path = fresh()
    write(path, 0, rnd.choice([0, 1, 100, 5000, 70000]))
    files.append(path)


def change():
    path = rnd.choice(files)
    for i in range(rnd.choice([1, 1, 12])):
        write(path, rnd.randrange(64) * 4096, rnd.randrange(1, 9000))


def sparse():
    path = fresh()
    for i in range(0, rnd.choice([3, 9, 40, 500])):
        write(path, 8192 * i, 4096)
    files.append(path)


def truncate():
    os.truncate(rnd.choice(files), rnd.randrange(200000))


def fallocate(*option):
    where = ["-o", str(rnd.randrange(32) * 4096), "-l", str(rnd.randrange(1, 16) * 4096)]
    # file systems without extents cannot do it
    subprocess.run(["fallocate", *option, *where, rnd.choice(files)], stderr=subprocess.DEVNULL)


def allocate():
    fallocate()


def punch():
    fallocate("-p")


def unlink():
    path = files.pop(rnd.randrange(len(files)))
    os.unlink(path)


def rename():
    i = rnd.randrange(len(files))
    path = fresh() if rnd.randrange(3) else rnd.choice(files)
    if path == files[i] or os.path.exists(path) and os.path.samefile(path, files[i]):
        return
    old = files[i]
    os.rename(old, path)
    files.remove(old)
    if path not in files:
        files.append(path)


def link():
    path = fresh()
    os.link(rnd.choice(files), path)
    files.append(path)


def mkdir():
    path = fresh()
    os.mkdir(path)
    dirs.append(path)


def rmdir():
    path = rnd.choice(dirs[1:] or dirs)
    try:
        os.rmdir(path)
        dirs.remove(path)
    except OSError as e:
        if e.errno not in (errno.ENOTEMPTY, errno.EBUSY):
            raise


def special():
    path = fresh()
    kind = rnd.randrange(4)
    if kind == 0:
        os.symlink("t" * rnd.choice([1, 59, 60, 300]), path)
    elif kind == 1:
        os.mknod(path, 0o020600, os.makedev(rnd.randrange(300), rnd.randrange(70000)))
    elif kind == 2:
        os.mkfifo(path)
    else:
        os.mknod(path, 0o060600, os.makedev(7, 1))


def attributes():
    path = rnd.choice(files)
    os.chmod(path, rnd.randrange(0o10000))
    os.chown(path, rnd.randrange(70000), rnd.randrange(70000))
    if not fast:
        os.setxattr(path, "user.x%d" % rnd.randrange(3), rnd.randbytes(rnd.choice([1, 90, 900])))
    os.utime(path, ns=(rnd.randrange(2**33) * 10**9, rnd.randrange(2**33) * 10**9 + 5))


def sync(path):
    fd = os.open(path, os.O_RDONLY)
    os.fsync(fd)
    os.close(fd)


OPS = [create, create, change, change, sparse, truncate, unlink, rename, link, mkdir, rmdir, attributes]
if not fast:
    OPS += [allocate, punch, special]
create()
for r in range(rounds):
    for i in range(rnd.randrange(1, 25)):
        if len(files) < 3:
            create()
        try:
            rnd.choice(OPS)()
        except OSError as e:
            if e.errno not in (errno.EEXIST, errno.EMLINK, errno.ENOSPC, errno.EISDIR, errno.EOPNOTSUPP):
                raise
    if not fast and not rnd.randrange(4):
        sync(rnd.choice(dirs))
    path = rnd.choice(files)
    sync(path)
print(path)
