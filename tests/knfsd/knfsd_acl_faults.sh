# ACLs over a network that fails: the connection is lost with each request of a run in turn, before
# the server has it and after, and servers that ask for patience; every ACL arrives, none is a loss.
. "$top/tests/lib/e2e.sh"
. "$top/tests/lib/knfsd.sh"
. "$top/tests/lib/nfsproxy.sh"
need_loop
need setfacl getfacl
img=$WORK/acl.img
truncate -s 8M "$img"
mke2fs -q -F -t ext4 -E root_owner=0:0 "$img" || die "mke2fs failed"
mkdir "$WORK/make"
mount -o loop "$img" "$WORK/make" || die "cannot mount"
(
	cd "$WORK/make" || exit 1
	mkdir dir
	echo data >dir/file
	: >empty
	chmod 4755 dir/file
	setfacl -m u:5:rwx,g:9:- dir dir/file empty
	setfacl -d -m u:6:rx dir
	find . -depth -exec touch -d '2015-06-07 08:09:10.5' {} +
) || die "cannot fill the image"
umount "$WORK/make"
mount_ro "$img" "$WORK/mnt"
img=$(for_nobody "$img")
same_times=''
knfsd_start srv
knfsd_at srv
proxy_opts="-t $knf_addr"
mkdir -p "$(ganesha_dir srv)" "$(ganesha_dir mnt)"
echo "$knf_np" >"$(ganesha_dir srv)/nfsport"
echo "$knf_mp" >"$(ganesha_dir mnt)/nfsport"
proxy_start mnt mnt
mp=$(cat "$WORK/proxy.mnt/port")

through() {	# NAME RULE...
	name=$1
	shift
	proxy_start prx srv "$@"
	extract --json --no-check "$img" "nfs://127.0.0.1/srv/export/$name?version=3&nfsport=$(cat "$WORK/proxy.prx/port")&mountport=$mp"
	calls=$(proxy_stop prx | sed -n 's/^calls=\([0-9]*\).*/\1/p')
	[ "$rc" -eq 0 ] || bad "status $rc with $*: $(tail -n 1 "$WORK/err")"
	want_json 'j["losses"] == []'
}

through clean drop-call=100000
[ "$calls" -ge 20 ] || die "only $calls calls"
all=$calls k=1
while [ $k -le "$all" ]; do
	through "drop-$k" drop-call=$k
	through "lose-$k" lose-reply=$k
	k=$((k + 1))
done
through patience jukebox=3

knfsd_disk srv
acls() {
	(cd "$1" && getfacl -R -P -n -s . 2>/dev/null) |
		awk 'BEGIN { RS = ""; FS = "\n"; OFS = " " } { $1 = $1; print }' | grep -v lost+found | sort
}
acls "$WORK/mnt" >"$WORK/want.acl"
[ "$(wc -l <"$WORK/want.acl")" -eq 3 ] || bad "the image has not three ACLs"
n=0
for d in "$disk/export"/*; do
	acls "$d" | cmp -s - "$WORK/want.acl" || bad "ACLs of ${d##*/} differ"
	n=$((n + 1))
done
[ $n -eq $((2 * all + 2)) ] || bad "$n trees, not $((2 * all + 2))"
same_tree "$WORK/mnt" "$disk/export/patience"
echo "$n runs over up to $all calls"
e2e_end
