# img2nfs lint-cmdline: each fault of a line has its severity, its place and a remedy; what boots has none.
. "$top/tests/lib/cli.sh"

good='console=serial0,115200 console=tty1 root=/dev/nfs nfsroot=192.0.2.1:/srv/pi,vers=3,tcp rw ip=dhcp rootwait quiet'

# lint STATUS LINE: lints the text, printf escapes allowed
lint() {
	printf "$2" >line
	run "$1" lint-cmdline line
}
# fault SEVERITY TEXT LINE: the only finding of good, changed by the sed expression LINE, contains TEXT
fault() {
	printf '%s\n' "$good" | sed "$3" >line
	want=0
	[ "$1" != error ] || want=6
	run $want lint-cmdline line
	[ "$(grep -c '^[enw][a-z]* *\(line\|there\|the line\)' out)" -eq 1 ] || {
		cat out
		die "not one finding for: $3"
	}
	grep -q "^$1 .*$2" out || { cat out; die "no $1 with '$2' for: $3"; }
}

lint 0 "$good\n"
[ "$(cat out)" = "Nothing keeps a board from booting over NFS: 0 errors, 0 warnings" ] || die "$(cat out)"
lint 0 "$good"
lint 0 "  $good\t\n\n"
printf '%s\n' "$good" | run 0 lint-cmdline -
# what Raspberry Pi's and LTSP's documentation and PiServer write boots, too
lint 0 'root=/dev/nfs nfsroot=10.42.0.211:/nfs/client1,vers=3 rw ip=dhcp rootwait'
lint 0 'root=/dev/nfs nfsroot=10.0.0.1:/srv,vers=3,tcp,nolock rw ip=10.0.0.5::10.0.0.1:255.255.255.0:pi:eth0:off rootwait'
lint 0 'root=/dev/nfs nfsroot=10.0.0.1:/srv,v3 rw ip=dhcp rootwait'

fault error "word 4: 'vers=4'" 's/vers=3/vers=4/'
fault error "'nfsvers=4.2'" 's/vers=3/nfsvers=4.2/'
fault error "'v4'" 's/vers=3/v4/'
fault error "'proto=tcp'" 's/,tcp/,proto=tcp/'
fault error "'noatime'" 's/,tcp/,tcp,noatime/'
fault error "'nconnect=4'" 's/,tcp/,nconnect=4/'
fault error "'rsize=32k'" 's/,tcp/,rsize=32k/'
fault error "'ro': mounts the root read-only" 's/,tcp/,ro/'
fault warning "'udp'" 's/,tcp/,udp/'
fault warning 'without a version' 's/,vers=3,tcp//'
fault error "'nas': is no IPv4" 's/192.0.2.1/nas/'
fault error "'fd00::1': is an IPv6" 's/192.0.2.1/fd00::1/'
fault error "'\[fd00::1\]': is an IPv6" 's/192.0.2.1/[fd00::1]/'
fault error "'127.0.0.1': is the board itself" 's/192.0.2.1/127.0.0.1/'
fault warning 'DHCP' 's/192.0.2.1://'
fault error "'srv/pi': is no path" 's,:/srv,:srv,'
fault error 'there is no rw' 's/ rw//'
fault error "word 5: 'ro'" 's/ rw/ ro/'
fault error "word 6: 'ro'" 's/ rw/ rw ro/'
fault warning 'there is no ip=' 's/ ip=dhcp//'
fault error "'ip=off'" 's/ip=dhcp/ip=off/'
fault error "'ip=dhcp6'" 's/ip=dhcp/ip=dhcp6/'
fault error "'10.0.0.300': is no IPv4" 's/ip=dhcp/ip=10.0.0.300::10.0.0.1:255.255.255.0::eth0:off/'
fault error "'24': is no netmask" 's/ip=dhcp/ip=10.0.0.3::10.0.0.1:24::eth0:off/'
fault error "'static': is none of the ways" 's/ip=dhcp/ip=10.0.0.3::10.0.0.1:255.255.255.0::eth0:static/'
fault error "'x': is no IPv4" 's/ip=dhcp/ip=::::::dhcp:x/'
fault error "'y': is one field too many" 's/ip=dhcp/ip=:::::::1.1.1.1:9.9.9.9:8.8.8.8:y/'
fault error "'root=/dev/mmcblk0p2'" 's,/dev/nfs,/dev/mmcblk0p2,'
fault error 'there is no root=' 's,root=/dev/nfs ,,'
fault warning 'there is no nfsroot=' 's/nfsroot=[^ ]* //'
fault error 'firstboot' 's,$, init=/usr/lib/raspberrypi-sys-mods/firstboot,'
fault error 'init_resize' 's,$, init=/usr/lib/raspi-config/init_resize.sh,'
fault warning "'init=/bin/sh'" 's,$, init=/bin/sh,'
fault warning "'resize'" 's/$/ resize/'
fault warning "'rootfstype=ext4'" 's/$/ rootfstype=ext4/'
fault warning "'systemd.run=" 's,$, systemd.run=/boot/firstrun.sh,'
fault error "'boot=overlay'" 's/$/ boot=overlay/'
fault note "'fsck.repair=yes'" 's/$/ fsck.repair=yes/'
fault note "'quiet': is there twice" 's/$/ quiet/'
fault note 'there is no rootwait' 's/ rootwait//'
fault warning "'ip=on': is not the first" 's/$/ ip=on/'
fault error "line 2: 'quiet'" 's/ quiet/\nquiet/'
fault error 'line 2: there are empty lines' '1s/^/\n/'
fault error "line 2: '# nfsroot=" 's/$/\n# nfsroot=x ro/'
fault error "'vers=3': stands alone" 's/,vers=3,tcp/,v3 vers=3/'
fault error 'quote that is not closed' 's/quiet/"quiet/'
fault error 'has quotes' 's/nfsroot=\([^ ]*\)/nfsroot="\1"/'
fault error 'carriage return' 's/$/\r/'
fault error 'no-break space' 's/quiet/quiet\xa0/'
fault warning 'no printable ASCII' 's/quiet/qu\x01et/'

lint 6 "$good\\0 x\n"
prints 'NUL byte'
lint 6 '\357\273\277root=/dev/nfs nfsroot=10.0.0.1:/srv,vers=3 rw ip=dhcp\n'
prints 'byte order mark'
lint 6 ''
prints 'there is no root='
{ printf '%s ' "$good"; printf 'x%.0s' $(seq 950); } >line
run 0 lint-cmdline line
prints '32-bit ARM'
{ printf '%s ' "$good"; printf 'x%.0s' $(seq 2000); } >line
run 6 lint-cmdline line
prints 'more than 2047'

# what follows -- is for init
lint 0 "$good -- root=/dev/sda1 ro\n"
# errors only
lint 0 "$good resize\n"
run 0 lint-cmdline --quiet line
[ ! -s out ] || die "--quiet prints: $(cat out)"
run 7 lint-cmdline nothing
says "cannot read 'nothing': No such file"
one_line
head -c 65537 /dev/zero >line
run 7 lint-cmdline line
says 'more than 64 KiB'

if command -v jq >/dev/null; then
	printf 'root=/dev/nfs nfsroot=192.0.2.1:/x,vers=4 rw ip=dhcp rootwait\n' >line
	run 6 lint-cmdline --json line
	[ "$(jq -r '[.status, .errors, .warnings, .error, (.findings | length)] | join(" ")' out)" = "6 1 0  1" ] ||
		die "$(cat out)"
	[ "$(jq -r '.findings[0] | [.severity, .line, .word, .part, .remedy] | join("|")' out)" = \
		"error|1|2|vers=4|write vers=3" ] || die "$(cat out)"
	run 7 lint-cmdline --json nothing
	jq -e '.status == 7 and .error.message' out >/dev/null || die "$(cat out)"
fi
exit 0
