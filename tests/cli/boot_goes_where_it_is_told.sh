# --boot: the boot partition is found, goes into a directory or onto a card, with the command line edited
# when --netboot is there; what cannot be is refused before anything is written.
. "$top/tests/lib/cli.sh"
. "$top/tests/lib/boot_tree.sh"
PATH=$PATH:/usr/sbin:/sbin
need mkfs.vfat fsck.vfat sfdisk mcopy mke2fs
export TZ=UTC LC_ALL=C.UTF-8
boot_tree tree
pi_disk pi.img tree

# into a directory, as it is
run 0 extract pi.img null: --boot tftp
prints "Boot: $(find tree -type f | wc -l) files"
prints "of partition 1 (vfat), in 'tftp'"
diff -r tree tftp || die "not all files arrived"
[ "$(stat -c '%a %Y' tftp/kernel8.img)" = "755 $(stat -c %Y tree/kernel8.img)" ] || die "attributes"

# below a serial number, beside other files, again and again
mkdir pxe && echo other >pxe/other
run 0 extract pi.img null: --boot pxe --serial 100000009FFEFDEF
run 0 extract pi.img null: --boot pxe --mac DC:A6:32:01:36:C2
echo mine >pxe/9ffefdef/mine
echo broken >pxe/9ffefdef/cmdline.txt
run 0 extract pi.img null: --boot pxe --serial 9ffefdef
diff -r tree pxe/dc-a6-32-01-36-c2 || die "--mac"
[ "$(cat pxe/other pxe/9ffefdef/mine)" = "other
mine" ] || die "what was there is not"
rm pxe/9ffefdef/mine
diff -r tree pxe/9ffefdef || die "--serial"
[ "$(find . -name '.img2nfs*')" = '' ] || die "something is left"

# a card, with the command line for NFS
run 0 extract --netboot --nfsroot 192.0.2.7:/srv/pi,vers=3,tcp pi.img null: --boot sd.img
prints 'a card with FAT16'
sfdisk --verify sd.img >sf 2>&1 || die "$(cat sf)"
sfdisk -d sd.img | grep -q '^label-id: 0x8a676486' || die "disk id"
sfdisk -d sd.img | grep -q '^sd.img1 : start= *8192,' || die "start sector"
[ "$(sfdisk -d sd.img | grep -c '^sd.img')" -eq 1 ] || die "more than one partition"
dd if=sd.img of=part bs=1M skip=4 2>/dev/null
fsck.vfat -n part >fsck || die "$(cat fsck)"
mtype -i sd.img@@4M ::cmdline.txt >line
[ "$(cat line)" = "$(pi_line 192.0.2.7:/srv/pi)" ] || die "command line: $(cat line)"
[ "$(wc -l <line)" -le 1 ] || die "more than one line"
mkdir card && mcopy -s -m -i sd.img@@4M ::/ card
cp line tree/cmdline.txt
diff -r tree card || die "the card has other files"
[ "$(mlabel -s -i sd.img@@4M ::)" = ' Volume label is bootfs     ' ] || die "label: $(mlabel -s -i sd.img@@4M ::)"
cp sd.img first.img
run 0 extract --netboot --nfsroot 192.0.2.7:/srv/pi,vers=3,tcp pi.img null: --boot sd.img --json
cmp sd.img first.img || die "not the same twice"
python3 - <<'EOP' || die "JSON: $(cat out)"
import json
b = json.load(open("out"))["boot"]
assert b["kind"] == "card" and b["complete"] and b["source"] == "partition 1 (vfat)", b
assert b["not_stored"] == 0 and b["files"] > 170 and [e["path"] for e in b["edits"]] == ["cmdline.txt"], b
EOP
# --no-edit cmdline leaves it alone
run 0 extract --netboot --no-edit cmdline --nfsroot 192.0.2.7:/srv/pi,vers=3,tcp pi.img null: --boot plain.img
mtype -i plain.img@@4M ::cmdline.txt | grep -q '^console=serial0,115200 console=tty1 root=PARTUUID' || die "--no-edit cmdline"
# --dry-run writes nothing
run 0 extract --netboot --dry-run --nfsroot 192.0.2.7:/srv/pi,vers=3,tcp pi.img null: --boot dry.img
prints "# boot: $(find tree -type f | wc -l) files of partition 1 (vfat) would be in 'dry.img'"
prints '+console=serial0,115200 console=tty1 root=/dev/nfs'
[ ! -e dry.img ] || die "--dry-run wrote"

# from a stream, too
gzip -c pi.img | "$img2nfs" extract --netboot --nfsroot 192.0.2.7:/srv/pi,vers=3,tcp - null: --boot stream.img >out 2>err || die "stream: $(cat err)"
cmp sd.img stream.img || die "from a stream it is another card"

# /boot of the root, where there is no partition
rm -rf root2 && cp -r root root2 && mkdir -p root2/boot && cp tree/kernel8.img root2/boot/vmlinuz-6.1 && chmod 600 root2/boot/vmlinuz-6.1
mke2fs -q -F -t ext4 -d root2 alone.img 8m
run 0 extract alone.img null: --boot fromroot
prints 'of /boot of the root'
cmp root2/boot/vmlinuz-6.1 fromroot/vmlinuz-6.1 || die "/boot of the root"
[ "$(stat -c %a fromroot/vmlinuz-6.1)" = 644 ] || die "a TFTP server could not read it"
run 3 extract pi.img null: --boot x --boot-partition root
says 'there is nothing to boot from in /boot'
hints '1'
mke2fs -q -F -t ext4 -d root none.img 8m
run 3 extract none.img null: --boot x
says "option '--boot': there is nothing to boot from"
run 3 extract pi.img null: --boot x --boot-partition 7
says 'there is no such partition'
run 0 extract pi.img null: --boot x --boot-partition 2
run 2 extract pi.img null: --boot x --boot-partition two
run 2 extract pi.img null: --serial 9ffefdef
says "option '--serial' needs --boot"
run 2 extract pi.img null: --boot x --serial 9ffefde
run 2 extract pi.img null: --boot x --serial 9ffefdeg
run 2 extract pi.img null: --boot x --mac dc-a6-32-01-36
run 2 extract pi.img null: --boot x --mac dc-a6-32-01-36-c2 --serial 9ffefdef
run 2 extract pi.img null: --boot x.img --serial 9ffefdef
says 'a card is for one board'
run 2 extract pi.img null: --boot nfs://
run 4 extract pi.img null: --boot no/such/dir
says "boot files: cannot create the directory 'no/such/dir'"
hints '--update'
run 4 extract pi.img null: --boot no/such/card.img
says 'boot files: cannot write'
