# The script that --netboot leaves for the machine: it writes /etc/resolv.conf from what the initramfs or the kernel was told,
# where nobody else did, and never through a link. Whose resolv.conf names a server, or is resolved's, gets no script.
. "$top/tests/lib/cli.sh"
command -v git >/dev/null || skip "git is missing"
GIT_CEILING_DIRECTORIES=$WORK
export GIT_CEILING_DIRECTORIES
unset GIT_DIR GIT_WORK_TREE
mark='# img2nfs: the name servers of the answer that this machine booted with'

# edited WANT WRONG OPTION...: what the edit made of the tree, else it is WRONG
edited() {
	want_made=$1 wrong=$2
	shift 2
	rm -f img
	truncate -s 8M img && mke2fs -q -F -t ext4 -d tree img || die "mke2fs failed"
	run 0 extract --netboot --dry-run "$@" img nfs://192.0.2.7/srv/pi
	made=$(sed -n '/^# dns: /,/^+++ /s/^+++ b\///p' out | sort | tr '\n' ' ')
	[ "$made" = "$want_made" ] || die "$wrong: $made"
}
all='etc/systemd/img2nfs-resolv etc/systemd/system/img2nfs-resolv.service etc/systemd/system/multi-user.target.wants/img2nfs-resolv.service '
mkdir -p tree/usr/lib/systemd tree/etc
: >tree/etc/debian_version
edited '' "a script without systemd"
: >tree/usr/lib/systemd/systemd
edited '' "--no-edit does not leave it out" --no-edit=dns
printf 'search lan\n\tnameserver\t192.0.2.1\n' >tree/etc/resolv.conf
edited '' "a script where a server is named"
printf '# nameserver 192.0.2.1\nsearch lan\n' >tree/etc/resolv.conf
edited "$all" "a comment is taken for a server"
printf '%s\nnameserver 192.0.2.1\n' "$mark" >tree/etc/resolv.conf
edited "$all" "what the script wrote is taken for another's"
rm tree/etc/resolv.conf
ln -s ../run/systemd/resolve/stub-resolv.conf tree/etc/resolv.conf
edited '' "a script where resolv.conf is a link"
rm tree/etc/resolv.conf
mkdir -p tree/etc/systemd/system/sysinit.target.wants
ln -s /lib/systemd/system/systemd-resolved.service tree/etc/systemd/system/sysinit.target.wants/
edited '' "a script beside resolved"
rm -r tree/etc/systemd
edited "$all" "no script"
(cd tree && git apply --unsafe-paths -p1 ../out) || die "git apply failed: $(cat out)"
edited '' "edited twice"
script=$WORK/tree/etc/systemd/img2nfs-resolv
if command -v systemd-analyze >/dev/null; then
	systemd-analyze verify "$WORK/tree/etc/systemd/system/img2nfs-resolv.service" >verify 2>&1
	! grep img2nfs-resolv verify || die "systemd does not like the unit"
fi

# gives WHAT: runs the script in the machine's files of m; the file must end as standard input
gives() {
	sh "$script" "$WORK/m" 2>err || die "$1: status $?: $(cat err)"
	[ ! -s err ] || die "$1: $(cat err)"
	cat >want
	diff want m/etc/resolv.conf || die "$1: resolv.conf (>) is not as wanted (<)"
	[ "$(ls m/etc)" = resolv.conf ] || die "$1: something is left: $(ls m/etc)"
}
mkdir -p m/etc m/run m/proc/net
sh "$script" "$WORK/m" 2>err || die "nothing known: status $?"
[ ! -s err ] && [ ! -e m/etc/resolv.conf ] || die "nothing known, but: $(cat err; ls m/etc)"

# Documentation/admin-guide/nfs/nfsroot.rst
printf '#PROTO: DHCP\ndomain example.org\nnameserver 192.0.2.53\nbootserver 192.0.2.7\n' >m/proc/net/pnp
gives "the kernel's" <<EOT
$mark
domain example.org
nameserver 192.0.2.53
EOT
# klibc: usr/kinit/ipconfig/main.c, dump_device_config(); with the quotes of later ones and without
cat >m/run/net-eth0.conf <<'EOT'
DEVICE='eth0'
PROTO='dhcp'
IPV4ADDR='192.0.2.20'
IPV4GATEWAY='192.0.2.1'
IPV4DNS0='192.0.2.1'
IPV4DNS1='0.0.0.0'
HOSTNAME='kitchen'
DNSDOMAIN='home.example'
ROOTSERVER='192.0.2.7'
EOT
gives "the initramfs', over what the script wrote before" <<EOT
$mark
nameserver 192.0.2.1
search home.example
EOT
printf 'IPV4DNS0=192.0.2.2\nIPV4DNS1=192.0.2.3\nDNSDOMAIN=$(touch m/etc/bad)\nIPV6DNS0=2001:db8::53\n' >m/run/net-eth0.conf
gives "without quotes, and a domain that is none" <<EOT
$mark
nameserver 192.0.2.2
nameserver 192.0.2.3
nameserver 2001:db8::53
EOT
printf 'IPV4DNS0=0.0.0.0\nDNSDOMAIN=\n' >m/run/net-eth0.conf
gives "an answer without servers: the kernel's" <<EOT
$mark
domain example.org
nameserver 192.0.2.53
EOT
printf '# by hand\nnameserver 192.0.2.99\n' >m/etc/resolv.conf
printf '# by hand\nnameserver 192.0.2.99\n' | gives "another's"
: >m/etc/resolv.conf
gives "an empty file" <<EOT
$mark
domain example.org
nameserver 192.0.2.53
EOT
: >m/stub
ln -sf ../stub m/etc/resolv.conf
: | gives "a link"
[ -L m/etc/resolv.conf ] || die "the link was replaced"
