# /etc/network/interfaces: what ifupdown brings up it takes down at shutdown, and the root with it. The
# words for wired interfaces go, and nothing else is touched. "manual" would not do: see tests/boot.
. "$top/tests/lib/cli.sh"
command -v git >/dev/null || skip "git is missing"
GIT_CEILING_DIRECTORIES=$WORK
export GIT_CEILING_DIRECTORIES
unset GIT_DIR GIT_WORK_TREE
mkdir -p tree/etc/network/interfaces.d tree/etc/initramfs-tools
cat >tree/etc/network/interfaces <<'EOT'
# auto eth9
source /etc/network/interfaces.d/*
auto lo eth0	enp0s3 wlan0
iface lo inet loopback
  allow-hotplug /eth*
iface eth0 inet dhcp
allow-hotplug wlan0 br-eth0
iface enp0s3 inet static
	address 192.0.2.9/24
mapping eth0
auto
EOT
printf 'allow-auto end0' >tree/etc/network/interfaces.d/wired
truncate -s 8M img && mke2fs -q -F -t ext4 -d tree img || die "mke2fs failed"
run 0 extract --netboot=debian --dry-run img nfs://192.0.2.7/srv/pi
(cd tree && git apply --unsafe-paths -p1 ../out) || die "git apply failed: $(cat out)"
why='# img2nfs: the root is behind this interface'
cat >want <<EOT
# auto eth9
source /etc/network/interfaces.d/*
$why
#auto lo eth0	enp0s3 wlan0
auto lo wlan0
iface lo inet loopback
$why
#  allow-hotplug /eth*
iface eth0 inet dhcp
allow-hotplug wlan0 br-eth0
iface enp0s3 inet static
	address 192.0.2.9/24
mapping eth0
auto
EOT
diff want tree/etc/network/interfaces || die "interfaces: < is what was wanted"
printf '%s\n#allow-auto end0' "$why" >want
cmp want tree/etc/network/interfaces.d/wired || die "interfaces.d"
# edited again, it stays as it is
truncate -s 0 img && truncate -s 8M img && mke2fs -q -F -t ext4 -d tree img || die "mke2fs failed"
run 0 extract --netboot=debian --dry-run img nfs://192.0.2.7/srv/pi
[ ! -s out ] || die "edited twice: $(cat out)"
