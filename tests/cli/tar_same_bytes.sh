# A tar is the same each time, to a file, to standard output and in each compression; what is not complete
# has no name; what cannot be is refused.
. "$top/tests/lib/cli.sh"
. "$top/tests/lib/tiny_image.sh"
need tar
tiny_image x.img
run 0 extract x.img a.tar
prints '8 objects'
"$img2nfs" extract x.img - >b.tar 2>err || die "to standard output: $?"
cmp a.tar b.tar || die "standard output gets other bytes than a file"
grep -q '8 objects' err || die "no summary on stderr"
"$img2nfs" extract --json x.img - 2>err | cmp - a.tar || die "--json changes the bytes"
python3 -c 'import json; json.load(open("err"))' || die "no JSON on stderr"
TZ=Asia/Tokyo LC_ALL=C.UTF-8 "$img2nfs" extract --quiet x.img - | cmp - a.tar || die "time zone or locale matters"
[ "$(($(wc -c <a.tar) % 10240))" -eq 0 ] || die "the last record is not full"
tar -tf a.tar | sed 's/ link to.*//' >names
cat >want <<'EOF'
./
./big
./empty
./etc/
./etc/big-too
./etc/motd
./link
./lost+found/
./slow-link
EOF
cmp want names || die "names or order: $(cat names)"

if "$img2nfs" --version | grep -q libarchive; then
	for z in tar.gz:gzip tgz:gzip tar.xz:xz txz:xz tar.zst:zstd tzst:zstd tar.bz2:bzip2 tbz2:bzip2 tar.lz4:lz4; do
		command -v "${z#*:}" >/dev/null || continue
		run 0 extract x.img "a.${z%:*}"
		"${z#*:}" -dc <"a.${z%:*}" | cmp - a.tar || die "$z unpacks to something else"
		run 0 extract x.img "b.${z%:*}"
		cmp "a.${z%:*}" "b.${z%:*}" || die "two runs, two archives: $z"
	done
fi

# Of many blocks each is unpacked once: one that lies elsewhere than its name says is not unpacked again.
if "$img2nfs" --version | grep -q libarchive && command -v xz >/dev/null; then
	xz -k --block-size=65536 x.img
	run 0 extract -v x.img.xz b.tar
	cmp a.tar b.tar || die "from .xz"
	grep 'blocks were unpacked' err && die "was read block by block"
fi

# An older one is replaced; a symlink stays.
echo old >old.tar
ln -s old.tar link.tar
run 0 extract x.img link.tar
[ -L link.tar ] || die "the symlink was replaced"
cmp old.tar a.tar || die "the old archive was not replaced"
[ "$(stat -c %a old.tar)" = 644 ] || die "its mode is $(stat -c %a old.tar)"

run 2 extract x.img a.tar.rar
says "cannot tell what kind of destination 'a.tar.rar' is"
hints '.tar.zst'
run 2 extract x.img http://x/y.tar
run 2 extract a.tar a.tar
says "'a.tar' is the file of the image"
for o in --update --atomic --verify --squashed=script; do
	run 2 extract "$o" x.img c.tar
	says "option '$o' is for servers, and the destination is a tar"
	one_line
done
run 7 extract x.img no/such/folder.tar
says "cannot write 'no/such/folder.tar': No such file or directory"
ln -s . d.tar
run 7 extract x.img d.tar

# Nothing is left of what did not become complete.
before=$(ls)
(
	trap '' XFSZ
	ulimit -f 1
	"$img2nfs" extract --offset=0 x.img c.tar 2>"$WORK/limit"
)
rc=$?
[ $rc -eq 7 ] || die "file size limit: status $rc: $(cat limit)"
grep -q "cannot write 'c.tar': File too large" limit || die "says: $(cat limit)"
grep -q 'no archive was left' limit || die "says: $(cat limit)"
rm limit
[ "$before" = "$(ls)" ] || die "left behind: $(ls)"
printf '%064d' 0 >sum
run 8 extract --sha256="$(cat sum)" x.img c.tar
rm sum
[ ! -e c.tar ] || die "an image with a wrong checksum became an archive"
ls | grep -q part && die "left behind: $(ls)"

if [ -c /dev/full ]; then
	"$img2nfs" extract x.img - >/dev/full 2>err
	rc=$?
	[ $rc -eq 7 ] || die "/dev/full: status $rc"
	grep -q 'cannot write to standard output: No space left' err || die "says: $(cat err)"
fi
# A reader that goes away.
mkfifo pipe
"$img2nfs" extract x.img - >pipe 2>err &
pid=$!
head -c 10 <pipe >/dev/null
wait $pid
rc=$?
[ $rc -eq 7 ] || die "broken pipe: status $rc: $(cat err)"
# A reader that does not come on, and ctrl-C.
"$img2nfs" extract x.img - >pipe 2>err &
pid=$!
exec 3<pipe
until_ok 20 grep -q . /proc/$pid/wchan || :
kill -TERM $pid
wait $pid
rc=$?
exec 3<&-
[ $rc -eq 143 ] || die "stopped: status $rc: $(cat err)"
exit 0
