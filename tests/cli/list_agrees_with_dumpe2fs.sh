# What `list` says of an ext file system is what `dumpe2fs -h` says: label, UUID, sizes, counts, state and features, for
# ext2, ext3, ext4 with few and with many features, clean and not.
. "$top/tests/lib/cli.sh"
PATH=$PATH:/usr/sbin:/sbin
need mke2fs dumpe2fs debugfs python3

# compare NAME TYPE STATE: the image NAME
compare() {
	dumpe2fs -h "$1" >dump 2>log || die "dumpe2fs cannot read $1"
	run 0 list --json "$1"
	python3 - "$2" "$3" <<'PY' || die "$1: list and dumpe2fs differ"
import json, sys
fs = json.load(open("out"))["filesystem"]
dump = dict((k.strip(), v.strip()) for k, v in (l.split(":", 1) for l in open("dump") if ":" in l))
n = lambda key: int(dump[key])
bs = n("Block size")
want = {
    "type": sys.argv[1], "state": sys.argv[2], "readable": True,
    "label": None if dump["Filesystem volume name"] == "<none>" else dump["Filesystem volume name"],
    "uuid": dump["Filesystem UUID"], "block_size": bs, "size": n("Block count") * bs,
    "used": (n("Block count") - n("Free blocks")) * bs, "inodes": n("Inode count"),
    "inodes_used": n("Inode count") - n("Free inodes"), "features": dump["Filesystem features"].split(),
    "needs_recovery": "needs_recovery" in dump["Filesystem features"],
    "last_mounted": None if dump["Last mounted on"] == "<not available>" else dump["Last mounted on"],
}
# dumpe2fs shows needs_recovery among the features only
if not want["needs_recovery"]:
    want["state"] = dump["Filesystem state"]
bad = [f"{k}: {fs[k]!r}, dumpe2fs has {want[k]!r}" for k in want if fs[k] != want[k]]
print("\n".join(bad), file=sys.stderr)
sys.exit(bool(bad))
PY
}

# make NAME SIZE MKE2FS-OPTIONS...
make_fs() {
	name=$1 size=$2
	shift 2
	rm -f "$name"
	mke2fs -q "$@" "$name" "$size" >log 2>&1 || die "mke2fs $* failed"
}

mkdir tree
echo hello >tree/file
make_fs two 8M -t ext2 -L old -b 1024 -d tree
compare two ext2 clean
make_fs three 16M -t ext3 -L 'with blank' -b 2048
compare three ext3 clean
make_fs four 32M -t ext4 -d tree
compare four ext4 clean
make_fs many 64M -t ext4 -L 0123456789abcdef -O \
	64bit,bigalloc,inline_data,metadata_csum,ea_inode,large_dir,project,quota,encrypt,casefold -E encoding=utf8
compare many ext4 clean

debugfs -w -R 'ssv state 0' four 2>log
compare four ext4 'not clean'
run 0 list four
prints "not clean"
debugfs -w -R 'ssv state 3' four 2>log
compare four ext4 'clean with errors'
debugfs -w -R 'ssv state 1' four 2>log
debugfs -w -R 'feature needs_recovery' four >log 2>&1
compare four ext4 'needs recovery'
debugfs -w -R 'ssv last_mounted /mnt/card' three 2>log
compare three ext3 clean
