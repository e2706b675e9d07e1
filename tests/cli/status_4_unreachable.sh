# Status 4: nobody listens there. The image is judged first, so a wrong image is status 3 whatever the server.
. "$top/tests/lib/cli.sh"
. "$top/tests/lib/tiny_image.sh"
tiny_image x.img
# port 1 (tcpmux) is free on any machine that runs tests
url='nfs://127.0.0.1/export?nfsport=1&mountport=1'
run 4 extract --retry-for=0 x.img "$url"
says "'127.0.0.1'"
one_line
run 4 extract --retry-for=0 --json x.img "$url"
need jq
[ "$(jq -r .status out)" = 4 ] || die "JSON status: $(cat out)"
jq -e '.error.message | test("127.0.0.1")' out >/dev/null || die "JSON error: $(cat out)"
[ "$(jq -r .stored.total out)" = 0 ] || die "JSON stored: $(cat out)"
: >empty.img
run 3 extract empty.img "$url"
