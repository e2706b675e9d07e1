"""Make an encrypted folder `enc` in a mounted ext4: encrypt.py MOUNTPOINT FILES. Fails where the kernel cannot.

Source: Documentation/filesystems/fscrypt.rst, FS_IOC_ADD_ENCRYPTION_KEY and FS_IOC_SET_ENCRYPTION_POLICY.
"""
import fcntl
import os
import struct
import sys

ADD_KEY, SET_POLICY = 0xc0506617, 0x800c6613
mnt, count = sys.argv[1], int(sys.argv[2])
fd = os.open(mnt, os.O_RDONLY)
key = bytes(range(64))
arg = bytearray(struct.pack("<II32sII32s", 2, 0, bytes(32), len(key), 0, bytes(32)) + key)
fcntl.ioctl(fd, ADD_KEY, arg, True)
enc = os.path.join(mnt, "enc")
os.mkdir(enc)
dir_fd = os.open(enc, os.O_RDONLY)
# version 2, AES-256-XTS, AES-256-CTS, names padded to 32
fcntl.ioctl(dir_fd, SET_POLICY, bytearray(struct.pack("<BBBBB3x16s", 2, 1, 4, 3, 0, bytes(arg[8:24]))))
os.chdir(enc)
for i in range(count):
    with open("file%d" % i, "w") as f:
        f.write("secret")
for n in (1, 16, 17, 100, 149, 150, 151, 200, 255):
    open("n" * n, "w").close()
os.symlink("target" * 5, "link")
os.mkdir("sub")
open("sub/x", "w").close()
