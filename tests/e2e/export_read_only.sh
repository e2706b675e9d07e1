# A read-only export: one clear line, and the option that the export needs.
. "$top/tests/lib/e2e.sh"
need_loop
use_fixture plain
serve ro
extract "$img" "$(ganesha_url srv /root)"
want_rc 4
want_err 'NFS3ERR_ROFS'
want_err '/etc/exports'
want_err 'lacks the option rw'
want_empty "$exp"
e2e_end
