# A server that answers some requests much later than others: Debian from an .xz in blocks of 24 MiB, read along the
# medium all the same. What is late is waited for before its block has made room; hardly a block is unpacked twice.
. "$top/tests/lib/e2e.sh"
. "$top/tests/lib/packed.sh"
. "$top/tests/lib/nfsproxy.sh"
need xz
need_loop
use_fixture debian
xz=$(xz_blocks "$O/fixtures/debian.img") || die "xz failed"
xz=$(for_nobody "$xz")
serve
mount_ro "$img" "$WORK/mnt" $((94208 * 512)) $((3528040 * 512))
needed=$(debian_blocks "$WORK/mnt")

# every 150th CREATE (procedure 8) is answered 3 s later: meanwhile much of the medium could be passed
proxy_start late srv slow=8:150:3000
extract -v --json --progress=none "$xz" "$(proxy_url late srv /root)"
proxy_stop late
want_rc 1	# as in packed_blocks_arrive
want_json 'j["not_stored"] == 0'
same_tree "$WORK/mnt" "$exp/root"
got=$(unpacked)
echo "$needed blocks in use, $got unpacked"
[ "$got" -le $((needed + needed / 4)) ] || bad "$got blocks are unpacked, $needed are in use"
e2e_end
