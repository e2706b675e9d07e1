# A Linux NFS server that squashes root, to nobody or to a chosen uid: --squashed=script stores what it
# takes, and the script, run as root on its disk, leaves no difference.
. "$top/tests/lib/e2e.sh"
. "$top/tests/lib/knfsd.sh"
need_loop
use_fixture plain
mount_ro "$img" "$WORK/mnt"
out=$WORK/out.d
mkdir -m 777 "$out"
knfsd_start srv
for squash in root_squash all_squash,anonuid=1234,anongid=99; do
	name=${squash%%_*}
	knfsd_export srv rw,async,insecure,no_subtree_check,$squash
	knfsd_do srv 'chmod 777 /srv/export'
	extract --json --squashed=script --script="$out/$name.sh" "$img" "$(knfsd_url srv "/$name")"
	want_rc 1
	want_json 'j["not_stored"] == 0 and j["failed"]["count"] == 0'
	want_json '[l["class"] for l in j["losses"]] == ["attr"]'
done
knfsd_do srv sync
knfsd_stop srv
mkdir "$WORK/rw"
mount -o loop,noatime "$(knfsd_dir srv)/disk" "$WORK/rw" || die "cannot mount the disk"
at_exit "umount '$WORK/rw'"
same_times=''
for name in root all; do
	sh "$out/$name.sh" "$WORK/rw/export/$name" || bad "the script failed"
	same_tree "$WORK/mnt" "$WORK/rw/export/$name"
done
e2e_end
