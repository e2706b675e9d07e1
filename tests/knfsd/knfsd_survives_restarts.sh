# A Linux NFS server whose threads end and start, and one that loses power (SIGKILL of the machine:
# what was not on the disk is gone), twice in one run, on an export with sync: the run waits, sends
# again what is not safe, and every object is there and right. With UNSTABLE data in the server's
# memory the changed write verifier is what tells.
. "$top/tests/lib/e2e.sh"
. "$top/tests/lib/knfsd.sh"
need_loop
use_fixture plain
mount_ro "$img" "$WORK/mnt"
same_times=''

# A large file that is UNSTABLE for long, besides all the others.
big=$WORK/big.img
truncate -s 160M "$big"
mke2fs -q -F -t ext4 "$big" || die "mke2fs failed"
mkdir "$WORK/make"
mount -o loop "$big" "$WORK/make" || die "cannot mount"
for i in 1 2 3 4; do
	head -c 24000000 /dev/urandom >"$WORK/make/large-$i"
done
cp -a "$WORK/mnt/modes" "$WORK/mnt/hard_links" "$WORK/mnt/symlinks" "$WORK/make/"
umount "$WORK/make"
mount_ro "$big" "$WORK/big"
img=$(for_nobody "$big")

knfsd_start srv export=rw,sync,insecure,no_root_squash,no_subtree_check
# Small requests, some at a time, so that it is not over before all of that has happened.
as_nobody "$bin" extract --json --retry-for=300 --bytes-in-flight=64K --write-size=4K "$img" "$(knfsd_url srv /root)" \
	>"$WORK/out" 2>"$WORK/err" </dev/null &
run=$!
written() {
	[ "$(knfsd_do srv 'du -sm /srv/export | cut -f 1')" -ge "$1" ] || ! kill -0 $run 2>/dev/null
}
until_ok 60 written 8
knfsd_restart srv
until_ok 60 written 24
knfsd_crash srv
until_ok 60 written 50
knfsd_crash srv
wait $run
rc=$?
want_rc 0
want_json 'j["reconnects"] >= 2 and j["failed"]["count"] == 0 and j["losses"] == []'
echo "$(json '"%d reconnects, %d requests sent again" % (j["reconnects"], j["resent"])')"
knfsd_disk srv
same_tree "$WORK/big" "$disk/export/root"
e2e_end
