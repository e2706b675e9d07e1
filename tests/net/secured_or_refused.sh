# Who asks for Kerberos or TLS does not get AUTH_SYS: where libnfs has neither nobody is spoken to. Whom the program tells
# that AUTH_SYS trusts the network: those with a server elsewhere, once.
. "$top/tests/lib/e2e.sh"
. "$top/tests/lib/nfsproxy.sh"
need_loop
use_fixture loss
serve
proxy_start p srv
case $("$bin" --version) in
*'libnfs 4.'* | *'libnfs 5.'*)
	for ask in sec=krb5 sec=krb5i sec=krb5p xprtsec=tls xprtsec=mtls; do
		extract "$img" "$(proxy_url p srv /no)&$ask"
		want_rc 2
		want_err "cannot speak to the server with $ask: this program was built with libnfs"
		want_err 'libnfs 6.0 or later'
	done
	proxy_stop p >"$WORK/seen"
	grep -q 'connections=0' "$WORK/seen" || bad "somebody was spoken to: $(cat "$WORK/seen")"
	want_empty "$exp"
	;;
esac

extract --allow-loss=all "$img" "$(ganesha_url srv /here)"
want_rc 0
! grep -q AUTH_SYS "$WORK/err" || bad "told of a network that is not used"

# An address that is not the loopback's, in a network of its own.
command -v ip >/dev/null && unshare -n true 2>/dev/null || { e2e_end; }
ganesha_stop srv
mkdir "$WORK/net.exp"
cat >"$WORK/inside" <<EOT
. "$top/tests/lib/e2e.sh"
ip link set lo up && ip addr add 192.0.2.1/32 dev lo || exit 78
ganesha_start net vfs "$WORK/net.exp" addr=192.0.2.1
url() { ganesha_url net "\$1" | sed 's/127.0.0.1/192.0.2.1/'; }
extract --allow-loss=all "$img" "\$(url /a)" "\$(url /b)"
want_rc 0
[ "\$(grep -c AUTH_SYS "\$WORK/err")" = 1 ] || bad "two destinations: not told once"
as_nobody "\$bin" check --allow-loss=all "\$(url /c)" >"\$WORK/out" 2>"\$WORK/err"
[ "\$(grep -c AUTH_SYS "\$WORK/err")" = 1 ] || bad "check: not told once"
extract --quiet --allow-loss=all "$img" "\$(url /d)"
want_rc 0
[ ! -s "\$WORK/err" ] || bad "not quiet"
e2e_end
EOT
unshare -n sh "$WORK/inside" || bad "in a network of its own: $?"
e2e_end
