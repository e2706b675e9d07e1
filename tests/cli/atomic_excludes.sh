# What makes no sense with --atomic is a usage error, before image or server are looked at.
. "$top/tests/lib/cli.sh"
url=nfs://127.0.0.1:1/export/root
for o in --update --delete --protect=x --dry-run --squashed=script; do
	run 2 extract --atomic "$o" no-such.img $url
	says "options '--atomic' and '${o%=x}' exclude each other"
	one_line
done
run 2 extract --remove-old no-such.img $url
says "option '--remove-old' needs --atomic"
run 2 extract --atomic no-such.img null:
says "option '--atomic' is for servers, and the destination is null:"
run 2 extract --atomic no-such.img nfs://127.0.0.1:1/
says "'/' has no directory above it"
run 2 extract --atomic no-such.img nfs://127.0.0.1:1/export/"$(printf '%0241d' 0)"
says 'more than 240 bytes'
run 3 extract --atomic --checksum no-such.img $url
