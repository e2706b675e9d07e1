# A tar of an image, extracted as root with GNU tar and with bsdtar, is what the kernel's mount of the
# image shows: types, modes, owners, times, contents, hard links, holes, extended attributes, ACLs and
# capabilities. What one of the two programs cannot do itself is named here.
. "$top/tests/lib/e2e.sh"
need_loop
need bsdtar mke2fs
tar --version 2>/dev/null | grep -q 'GNU tar' || skip "tar is not GNU tar"

# Attributes and sparse files of 1 TiB want a file system that has them.
truncate -s 2G "$WORK/disk"
mke2fs -q -F -t ext4 -O ea_inode "$WORK/disk" || die "mke2fs failed"
mkdir "$WORK/to"
mount -o loop "$WORK/disk" "$WORK/to" || skip "no loop mounts"
at_exit "umount '$WORK/to'"

# unpack gnu|bsd ARCHIVE
unpack() {
	rm -rf "$WORK/to/x"
	mkdir "$WORK/to/x"
	case $1 in
	gnu) LC_ALL=C tar --xattrs --xattrs-include='*' --acls --numeric-owner -xpf "$2" -C "$WORK/to/x" ;;
	bsd) LC_ALL=C bsdtar --numeric-owner -xpf "$2" -C "$WORK/to/x" ;;
	esac 2>"$WORK/unpack.err"
}

# same MOUNTED SED_SCRIPT: lines that the script deletes are not compared
dump() {
	"$O/tests/tools/dirdump" "$1" | sed -e 's/	data=[0-9]*//' -e "$2"
	python3 "$top/tests/lib/xattrdump.py" "$1" | sed -e "$2"
}

same() {
	dump "$1" "$2" >"$WORK/want"
	dump "$WORK/to/x" "$2" >"$WORK/got"
	diff "$WORK/want" "$WORK/got" >"$WORK/diff" || {
		echo "differs ('<' is the kernel's mount):"
		head -n 20 "$WORK/diff" | cut -c 1-300
		failed=1
	}
	echo "$(wc -l <"$WORK/got") objects and attributes compared"
}

# holes SIZE_IN_K: the sparse files have not been filled
holes_kept() {
	[ "$(du -sk "$WORK/to/x" | cut -f 1)" -lt "$1" ] || bad "holes were filled: $(du -sk "$WORK/to/x")"
}

use_fixture loss
mount_ro "$img" "$WORK/loss"
extract --json "$img" - 2>&1
mv "$WORK/out" "$WORK/loss.tar"
want_rc 1
cp "$WORK/err" "$WORK/out"
want_json '[l["class"] for l in j["losses"]] == ["chattr"]'
for t in gnu bsd; do
	unpack $t "$WORK/loss.tar" || bad "$t: $(tail -n 3 "$WORK/unpack.err")"
	# bsdtar: the folder it extracts into, and fractions of seconds before 1970
	case $t in
	gnu) same "$WORK/loss" '' ;;
	bsd) same "$WORK/loss" '/^\.	/s/mtime=.*//; /times\/[a-z]*-0	/s/mtime=.*//' ;;
	esac
done

# Sockets, and paths that are longer than the programs can say, are left out.
use_fixture plain
mount_ro "$img" "$WORK/plain"
extract --allow-loss=socket "$img" "-"
mv "$WORK/out" "$WORK/plain.tar"
want_rc 0
socket='/^[^	]*	s	/d; /^\.\/deep/d; /deep/d'
for t in gnu bsd; do
	unpack $t "$WORK/plain.tar"
	case $t in
	gnu) same "$WORK/plain" "$socket" ;;
	bsd) same "$WORK/plain" "$socket; /^\.	/s/mtime=.*//" ;;
	esac
	holes_kept 60000
done
grep -v -e deep -e 'Ignoring unknown extended header' -e 'time stamp' -e 'delayed from previous' "$WORK/unpack.err" &&
	bad "bsdtar complains"

# A reader by other people than the two.
python3 -c '
import sys, tarfile
t = tarfile.open(sys.argv[1], encoding="utf-8", errors="surrogateescape")
print(sum(1 for m in t), "members")' "$WORK/plain.tar" || bad "python cannot read it"
e2e_end
