# A server that closes the connection when it is asked for NFSACL gets the tree all the same: ACLs are
# the loss that they are on servers without it.
. "$top/tests/lib/e2e.sh"
. "$top/tests/lib/nfsproxy.sh"
only_v3 "NFSACL is a program beside it"
need_loop
use_fixture loss
serve
proxy_start prx srv hates=100227
extract --json "$img" "$(proxy_url prx srv /a)"
proxy_stop prx
want_rc 1
want_json "loss('acl') == 2"
want_json 'j["requests"]["GETACL"] == 3 and j["requests"]["SETACL"] == 0 and j["reconnects"] == 3'
want_json 'j["not_stored"] == 0'
e2e_end
