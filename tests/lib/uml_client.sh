#!/bin/sh
# The first process of a machine of knfsd.sh that is a client: its root is the host's, read-only. It sets up network and
# modules, mounts its disks as /mnt/a, /mnt/b, ..., and obeys commands from its second serial line, as the servers do.
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
umask 022
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t tmpfs tmpfs /mnt
word() {
	sed -n "s/.* knfsd_$1=\([^ ]*\).*/\1/p" /proc/cmdline
}
net=$(word net)
ip link set lo up
ip addr add "${net%/*}/24" dev vec0
ip link set vec0 up
modprobe -a -d "$(word modules)" nfs nfsv3
mkdir /mnt/dst
for disk in a b c d; do
	[ ! -e /dev/ubd$disk ] || {
		mkdir /mnt/$disk
		mount -t ext4 -o ro,noload /dev/ubd$disk /mnt/$disk
		chmod 644 /dev/ubd$disk
	}
done
exec 3<>/dev/ttyS1
stty -F /dev/ttyS1 raw -echo
echo '@@UP' >&3
while IFS= read -r line <&3; do
	sh -c "$line" </dev/null >/mnt/said 2>&1
	rc=$?
	cat /mnt/said >&3
	echo "@@END $rc" >&3
done
