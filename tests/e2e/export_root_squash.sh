# An export that turns root into nobody cannot keep owners: found out before the tree is stored.
. "$top/tests/lib/e2e.sh"
need_loop
use_fixture plain
serve squash=Root_Squash
# Everybody may write here, so that the squashing does not show as a refusal.
chmod 777 "$exp"
extract "$img" "$(ganesha_url srv /root)"
want_rc 4
want_err 'no_root_squash'
want_err '/etc/exports'
want_empty "$exp/root"
# Where nobody may not write, the server refuses by itself; the reason is the same.
serve closed squash=Root_Squash
chmod 755 "$exp"
extract "$img" "$(ganesha_url closed /root)"
want_rc 4
want_err 'no_root_squash'
want_empty "$exp"
e2e_end
