# The disk image of a real Debian into Linux' own NFS server: ACLs and times of symlinks are kept, one
# file capability is all that is lost; 0 differences on the disk.
. "$top/tests/lib/e2e.sh"
. "$top/tests/lib/knfsd.sh"
knfsd_need
[ $I2N_KNFSD = uml ] || [ "${KNFSD_LONG:-}" ] || skip "takes minutes in qemu; make check-knfsd runs it"
need_loop
need getfacl getcap
use_fixture debian
mount_ro "$img" "$WORK/mnt" $((94208 * 512)) $((3528040 * 512))
knfsd_start srv size=4096 memory=1024
extract --json "$img" "$(knfsd_url srv /root)"
want_rc 1
want_json '[l["class"] for l in j["losses"]] == ["caps"]'
want_json "loss('caps') == $(getcap -r "$WORK/mnt" 2>/dev/null | wc -l)"
want_json 'j["not_stored"] == 0'
echo "$(json '"%.1f s, %d requests" % (j["seconds"], j["requests"]["total"])')"
knfsd_disk srv
same_times=''
same_tree "$WORK/mnt" "$disk/export/root"
for d in "$WORK/mnt" "$disk/export/root"; do
	(cd "$d" && getfacl -R -P -n -s . 2>/dev/null)
done | grep '^# file:' | sort | uniq -c >"$WORK/acls"
[ -s "$WORK/acls" ] || bad "Debian has no ACL"
! grep -v '^ *2 ' "$WORK/acls" || bad "an ACL is on one side only"
e2e_end
