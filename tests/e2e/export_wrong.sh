# A path that the server does not export.
. "$top/tests/lib/e2e.sh"
need_loop
use_fixture plain
serve
extract "$img" "nfs://127.0.0.1/elsewhere/root?$(ganesha_query srv)"
want_rc 4
want_err '/elsewhere'
is_v4 || want_err 'MNT3ERR_'
want_empty "$exp"
e2e_end
