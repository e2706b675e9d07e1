# The shell parts of "In CI" in README.md, taken from there, run as written, by nobody, in an empty environment and a fresh
# folder, with the sources as `img2nfs/` and an image beside them: a tar and a tree on a server come out, and the reports that
# are kept with the runs, of one that fails as well; they are what the schema says. Not run: apt-get (what it installs is here;
# e2e/readme_in_bare_debian begins without), and what the services themselves do.
. "$top/tests/lib/e2e.sh"
. "$top/tests/lib/ci_snippets.sh"
need mke2fs jq jsonschema bash make zstd

# runner N IMAGE BUILT: runs the Nth snippet as a service would: a failing line ends it. Its folder is $job. BUILT is a
# folder with what was built before: make decides what is good of it.
runner() {
	n=$1 job=$jobs/$1
	mkdir -m 777 "$job" "$job/img2nfs" "$job/img2nfs/build"
	cp -p "$top/Makefile" "$job/img2nfs/" && cp -Rp "$top/src" "$top/include" "$top/third_party" "$job/img2nfs/" || exit 1
	for f in src img2nfs cli.a libimg2nfs.a flags; do
		cp -Rp "$3/$f" "$job/img2nfs/build/" || exit 1
	done
	cp "$2" "$job/disk.img"
	chmod -R a+rwX "$job"
	snippet "$1" | shell_of >"$job/as-written"
	grep -v '^ *\(sudo \)*apt-get ' "$job/as-written" >"$job/script"
	grep -q 'img2nfs extract' "$job/script" || die "README.md: no shell part in snippet $1"
	(cd "$job" && as_nobody env -i PATH="$PATH" HOME="$job" CI=true NFS_URL="$url" bash -eo pipefail script) \
		>"$WORK/out" 2>"$WORK/err" </dev/null
	rc=$?
}

d=$WORK/tree
# No symlink: the test server cannot set their times, and the snippets call that what it is, a loss.
mkdir -p "$d/etc" "$d/bin" "$WORK/got"
echo hello >"$d/etc/motd"
# the server in memory keeps 64 KiB of a file
head -c 60000 /dev/zero | tr '\0' x >"$d/bin/large"
chmod 4755 "$d/bin/large"
ln "$d/etc/motd" "$d/etc/second-name"
mke2fs -q -F -t ext4 -d "$d" "$WORK/disk.img" 16M >"$WORK/mke2fs.log" 2>&1 || die "cannot make the image"
jobs=$(as_nobody mktemp -d "${TMPDIR:-/var/tmp}/img2nfs-ci.XXXXXX") || exit 1
at_exit 'rm -rf "$jobs"'
chmod 755 "$jobs"
ganesha_start mem mem -
url=$(ganesha_url mem /root)

runner 1 "$WORK/disk.img" "$O"
want_rc 0
kept 0
[ "$(jq -c '[.stored.files, .stored.links]' "$job/report.json")" = '[2,1]' ] || bad "stored: $(jq -c .stored "$job/report.json")"
zstd -dcq "$job/rootfs.tar.zst" | tar -xf - -C "$WORK/got" --exclude=./lost+found || bad "no tar"
diff -r "$d" "$WORK/got" && [ "$WORK/got/etc/motd" -ef "$WORK/got/etc/second-name" ] || bad "another tree"

runner 2 "$WORK/disk.img" "$jobs/1/img2nfs/build"
want_rc 0
kept 0
[ "$(jq -c '[.verify.differences.count, .update.deleted]' "$job/report.json")" = '[0,0]' ] || bad "verify: $(jq -c .verify "$job/report.json")"
nfslist=$(for_nobody "$O/tests/tools/nfslist") || exit 1
as_nobody "$nfslist" "$url&uid=0&gid=0" | cut -f 1,3,6 | grep -v '^lost+found' | LC_ALL=C sort >"$WORK/listed"
(cd "$d" && find . -mindepth 1 -type d -printf '%P\t%m\t-\n' -o -type f -printf '%P\t%m\t%s\n') | LC_ALL=C sort |
	diff - "$WORK/listed" || failed=1

# The same job with an image that is cut short.
head -c 1000000 "$WORK/disk.img" >"$WORK/short.img"
mv "$jobs/1" "$jobs/built" && rm -r "$jobs/2"
runner 1 "$WORK/short.img" "$jobs/built/img2nfs/build"
want_rc 3
kept 3
e2e_end
