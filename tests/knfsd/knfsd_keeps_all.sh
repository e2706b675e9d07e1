# Linux' own NFS server keeps all that NFSv3 can carry, times of symlinks too: status 0, no
# difference on its disk; a second run with --update finds nothing to do and sends no data (the one
# WRITE is of its lock); verify agrees.
. "$top/tests/lib/e2e.sh"
. "$top/tests/lib/knfsd.sh"
need_loop
use_fixture plain
mount_ro "$img" "$WORK/mnt"
knfsd_start srv
extract --json "$img" "$(knfsd_url srv /root)"
want_rc 0
want_json 'j["losses"] == [] and j["not_stored"] == 0 and j["failed"]["count"] == 0'
extract --json --update "$img" "$(knfsd_url srv /root)"
want_rc 0
want_json 'j["update"]["equal"] == j["planned"]["total"] and j["bytes_written"] == 0 and j["requests"]["WRITE"] <= 1'
as_nobody "$bin" verify "$img" "$(knfsd_url srv /root)" >"$WORK/out" 2>"$WORK/err" </dev/null
rc=$?
want_rc 0
want_out '0 differences'
knfsd_disk srv
same_times=''
same_tree "$WORK/mnt" "$disk/export/root" -a
e2e_end
