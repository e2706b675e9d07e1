# The image compressed, in an archive, twice packed, from a file and from a pipe is the image: the same manifest (every
# attribute and a digest of every content), the same partitions; nothing is left in the spool folder.
. "$top/tests/lib/cli.sh"
. "$top/tests/lib/tiny_image.sh"
. "$top/tests/lib/packed.sh"
packed_disk disk
mkdir spool
export TMPDIR=$WORK/spool
run 0 manifest disk
cp out want
[ "$(grep -c 'type=file' want)" -ge 3 ] || die "the manifest of the plain image lacks files"
run 0 list disk
sed 1d out >want.list

pack_all gz xz xzmt zst bz2 lz4 lzma zip 7z tar tgz
# compressed in an archive, and compressed twice
if command -v zip >/dev/null; then zip -q x.xz.zip x.xz && packed="$packed x.xz.zip"; fi
gzip -c x.xz >x.xz.gz && packed="$packed x.xz.gz"
for x in $packed; do
	run 0 manifest "$x"
	diff out want >&2 || die "$x: another manifest"
	run 0 list "$x"
	sed 1d out | diff - want.list >&2 || die "$x: another list"
	run 0 cat "$x:/etc/motd"
	[ "$(cat out)" = hello ] || die "cat $x:/etc/motd"
	run 0 extract --quiet "$x" null:
	[ "$x" != x.7z ] || continue	# its table of contents is at the end
	"$img2nfs" manifest - <"$x" >piped 2>err || die "$x from a pipe: $(cat err)"
	cat "$x" | "$img2nfs" manifest - >piped 2>err || die "$x from a pipe: $(cat err)"
	diff piped want >&2 || die "$x from a pipe: another manifest"
done
cat disk | "$img2nfs" manifest - >piped 2>err || die "plain image from a pipe: $(cat err)"
diff piped want >&2 || die "plain image from a pipe: another manifest"
gzip -c disk | "$img2nfs" ls -:/etc >out 2>err || die "ls: $(cat err)"
[ "$(tr '\n' ' ' <out)" = "hard link motd " ] || die "ls: $(cat out)"
[ -z "$(ls spool)" ] || die "left in the spool folder: $(ls spool)"
echo "$packed"
