# An export that wants a privileged source port refuses an ordinary user; the message names
# `insecure`.
. "$top/tests/lib/e2e.sh"
need_loop
use_fixture plain
serve secure
extract "$img" "$(ganesha_url srv /root)"
want_rc 4
# NFSv4 has no MOUNT that could refuse: the server hides such an export.
is_v4 || want_err 'lacks the option insecure'
want_err 'the option insecure'
want_err '/etc/exports'
want_empty "$exp"
e2e_end
