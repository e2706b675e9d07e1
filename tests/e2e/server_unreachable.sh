# Nobody listens: said within the time that --retry-for gives.
. "$top/tests/lib/e2e.sh"
need_loop
use_fixture plain
# A port that no test server takes.
start=$(date +%s)
extract --retry-for=2 "$img" 'nfs://127.0.0.1/export/root?nfsport=1&mountport=1'
took=$(($(date +%s) - start))
want_rc 4
want_err '127.0.0.1'
want_err 'Connection refused'
# the usual --retry-for are minutes
[ $took -le 60 ] || bad "took $took s"
# No portmapper and no ports in the URL: the hint is about them.
extract --retry-for=2 "$img" 'nfs://127.0.0.1:1/export/root'
want_rc 4
# A name that does not exist.
extract --retry-for=2 "$img" "nfs://no.such.host.invalid/export/root?nfsport=1&mountport=1"
want_rc 4
want_err 'no.such.host.invalid'
e2e_end
