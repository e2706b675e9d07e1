# Bombs: a size and a ratio that stop them, and do not stop a large image that is mostly empty; what a folder for the spool
# must be; what the spool takes; nothing is left behind by a program that is killed.
. "$top/tests/lib/cli.sh"
. "$top/tests/lib/tiny_image.sh"
. "$top/tests/lib/packed.sh"
need gzip python3
packed_disk disk
gzip -c disk >x.gz

run 3 extract --max-unpacked=20M x.gz null:
says "cannot unpack 'x.gz': it is larger than 20971520 bytes"
hints "--max-unpacked allows more"
run 0 extract --quiet --max-unpacked=22M x.gz null:

# 300 MiB of one letter after the file system: the ratio counts from 256 MiB on
{ cat part; head -c 300M /dev/zero | tr '\0' x; } | gzip -1 >bomb.gz
run 3 extract --offset=0 --max-ratio=10 bomb.gz null:
says "that are not zero, as those of a zip bomb do"
hints "--max-ratio allows more than 10 times"
run 0 extract --quiet --offset=0 bomb.gz null:
# outside of the chosen partition nothing is kept, so nothing counts
gzip -c disk | cat - bomb.gz | "$img2nfs" extract --quiet --max-ratio=10 - null: 2>err || die "$(cat err)"

# 1 GiB, of which some megabytes are something
truncate -s 1G sparse
dd if=disk of=sparse conv=notrunc status=none
if command -v zstd >/dev/null; then
	zstd -q -1 <sparse >sparse.zst
	mkdir -p spool
	run 0 extract --quiet --spool=spool sparse.zst null:
fi
rm -f sparse

run 7 extract --spool=/nonexistent/dir x.gz null:
says "cannot make a file in '/nonexistent/dir' to unpack 'x.gz' into: No such file or directory"
hints "--spool"
one_line
TMPDIR=/nonexistent/tmp run 7 extract x.gz null:
says "cannot make a file in '/nonexistent/tmp'"
# plain images, and those that are read in place, need none
TMPDIR=/nonexistent/tmp run 0 extract --quiet --offset=5242880 disk null:

# killed in the middle: a pipe that stays open
mkdir -p spool
mkfifo pipe
"$img2nfs" extract --spool=spool - null: <pipe >out 2>err &
pid=$!
exec 3>pipe
head -c 1500000 x.gz >&3
has_spool() { # a file without a name: (deleted) in the list of open files
	ls -l "/proc/$pid/fd" 2>/dev/null | grep -q "spool/.*(deleted)"
}
if [ -d "/proc/$pid/fd" ]; then
	until_ok 20 has_spool || die "no spool file: $(ls -l "/proc/$pid/fd")"
fi
[ -z "$(ls spool)" ] || die "the spool file has a name: $(ls spool)"
kill -9 $pid
wait $pid
exec 3>&-
[ -z "$(ls -A spool)" ] || die "left behind: $(ls -A spool)"
