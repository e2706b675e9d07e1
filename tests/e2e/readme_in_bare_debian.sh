# The GitLab job of README.md as written, apt-get and `make deps` included, in a Debian 12 that has nothing of ours: what is
# before the script as root, as in that image, the script as nobody.
. "$top/tests/lib/e2e.sh"
. "$top/tests/lib/ci_snippets.sh"
[ "${BARE:-}" = 1 ] || skip "takes packages from the network; make check-distros runs it"
need_root chroot
need mke2fs jq jsonschema unshare
unshare --mount --pid --fork true 2>/dev/null || skip "no mount and PID namespaces here"
tree=$O/fixtures/debian-tree.tar
[ -e "$tree" ] || skip "no $tree (make demo makes it)"
bare=$(mktemp -d "${TMPDIR:-/var/tmp}/img2nfs-bare.XXXXXX") || exit 1
at_exit 'rm -rf "$bare"'
tar -C "$bare" -xf "$tree" || die "cannot unpack"
chmod 755 "$bare"
cp -L /etc/resolv.conf "$bare/etc/resolv.conf"
n=2 job=$bare/builds
mkdir -m 777 "$job" "$job/img2nfs"
cp -Rp "$top/Makefile" "$top/src" "$top/include" "$top/third_party" "$job/img2nfs/" || exit 1
mkdir -p "$WORK/tree/etc"
echo hello >"$WORK/tree/etc/motd"
mke2fs -q -F -t ext4 -d "$WORK/tree" "$job/disk.img" 16M || die "cannot make the image"
ganesha_start mem mem -
url=$(ganesha_url mem /root)

# inside COMMAND...: in there, with the environment of a job
inside() {
	env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root CI=true NFS_URL="$url" \
		DEBIAN_FRONTEND=noninteractive unshare --mount --propagation private --pid --fork --kill-child sh -c '
		bare=$1
		shift
		mount --rbind /dev "$bare/dev" && mount -t proc proc "$bare/proc" || exit 1
		exec chroot "$bare" sh -c "cd /builds && exec \"\$@\"" sh "$@"' sh "$bare" "$@" >"$WORK/out" 2>"$WORK/err" </dev/null
	rc=$?
}
inside sh -c 'command -v gcc || command -v pkg-config'
[ "$rc" -ne 0 ] || die "it is not bare"
for part in before_script script; do
	snippet 2 | shell_of $part >"$job/$part"
	[ -s "$job/$part" ] || die "README.md: no $part"
done
inside bash -eo pipefail before_script
want_rc 0
inside setpriv --reuid=65534 --regid=65534 --clear-groups bash -eo pipefail script
want_rc 0
kept 0
[ "$(jq -c '[.stored.files, .verify.differences.count]' "$job/report.json")" = '[1,0]' ] || bad "$(cat "$job/report.json")"
e2e_end
