# --netboot on the files of each release of Raspberry Pi OS, of Debian, and of a Pi that was in use: what becomes of them is
# what was written down by hand in fixtures/netboot, and nothing else is changed. The program's diffs are applied with git.
. "$top/tests/lib/test.sh"
. "$top/tests/lib/netboot_expect.sh"
img2nfs=$O/img2nfs
command -v git >/dev/null || skip "git is missing"
command -v mke2fs >/dev/null || skip "mke2fs is missing"
cd "$WORK" || exit 1
GIT_CEILING_DIRECTORIES=$WORK
export GIT_CEILING_DIRECTORIES
unset GIT_DIR GIT_WORK_TREE

for release in bullseye bookworm trixie debian used; do
	sh "$top/fixtures/rpi_trees.sh" $release "$WORK/$release.before" || die "no tree of $release"
	netboot_image $release.before $release.img
	options=--netboot
	[ $release != used ] || options='--netboot --new-identity --hostname=hall'
	# shellcheck disable=SC2086 # several words
	"$img2nfs" extract $options --dry-run $release.img nfs://192.0.2.7/srv/pi >$release.diff 2>err ||
		die "extract failed: $(cat err)"
	cp -a $release.before $release.after
	(cd $release.after && git apply --unsafe-paths -p1 "../$release.diff") || die "$release: git apply failed"
	# a secret that goes is not shown
	# shellcheck disable=SC2086 # several words
	"$img2nfs" extract --json $options --dry-run $release.img nfs://192.0.2.7/srv/pi >$release.json 2>err ||
		die "extract --json failed: $(cat err)"
	! grep -q 'PRIVATE KEY' $release.diff $release.json || die "$release: a diff shows a private key"
	sed -n 's/^# \(.*\) is removed; only its owner may read it,.*/\1/p' $release.diff | while read -r path; do
		rm "$release.after/$path"
	done
	# edited again, it stays as it is
	netboot_image $release.after $release.img
	# shellcheck disable=SC2086 # several words
	"$img2nfs" extract $options --dry-run $release.img nfs://192.0.2.7/srv/pi >again 2>err || die "extract failed"
	[ ! -s again ] || die "$release: edited twice: $(cat again)"

	cp -a $release.before $release.want
	netboot_expect $release "$WORK/$release.want"
	find $release.want $release.after -type d -empty -delete	# git removes those that become empty
	diff -r --no-dereference $release.want $release.after ||
		die "$release: the edited tree (>) is not what the documentation wants (<)"
	diff -r -q --no-dereference $release.before $release.after >/dev/null && die "$release: nothing was edited"
done

grep -rq 'PRIVATE KEY' used.before/etc/ssh || die "there was no private key to be shown"

# what it is taken for
"$img2nfs" extract --json --netboot --dry-run trixie.img nfs://192.0.2.7/srv/pi 2>/dev/null >json
grep -q '"profile": "rpi"' json || die "trixie is no Raspberry Pi OS"
grep -q '"system": "Debian GNU/Linux 13 (trixie)"' json || die "trixie has another name"
"$img2nfs" extract --json --netboot --dry-run debian.img nfs://192.0.2.7/srv/pi 2>/dev/null | grep -q '"profile": "debian"' ||
	die "Debian is no Debian"

# every edit can be left out, alone (fwloc looks at what became of fstab)
names() {
	"$img2nfs" extract --netboot --new-identity --hostname=x --dry-run "$@" nfs://192.0.2.7/srv/pi 2>/dev/null |
		sed -n 's/^# \([a-z-]*\): .*/\1/p' | sort -u
}
for release in bookworm used debian; do
	sh "$top/fixtures/rpi_trees.sh" $release "$WORK/$release.fresh"
	netboot_image $release.fresh $release.img
	names $release.img >all
	while read -r name; do
		: >"seen.$name"
		grep -vx "$name" all | grep -vx fwloc >want
		names --no-edit "$name" $release.img | grep -vx fwloc | diff want - ||
			die "--no-edit $name leaves out something else"
	done <all
done
for name in fstab resize swap initramfs network dns fwloc cmdline machine-id ssh-keys hostname; do
	[ -f seen.$name ] || die "nothing shows the edit $name"
done

"$img2nfs" extract --netboot --no-edit fstabs bookworm.img null: 2>err
[ $? -eq 2 ] || die "an unknown edit has another status than 2"
grep -q "option '--no-edit': there is no edit 'fstabs'" err || die "$(cat err)"
grep -q 'the edits are fstab, resize, swap, initramfs, network, dns, fwloc, first-boot, cmdline, machine-id, ssh-keys, hostname' err ||
	die "$(cat err)"
