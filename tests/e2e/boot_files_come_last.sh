# --boot nfs://: files of the boot partition are below the board's serial number beside other boards'
# ones, with a command line and an fstab for this root; they are written only when the root is complete
# and in its place, again only where they differ, and their failure is told and leaves the root.
. "$top/tests/lib/e2e.sh"
. "$top/tests/lib/boot_tree.sh"
boot_rig
root=$(ganesha_url srv /root) tftp=$(ganesha_url srv /tftp)
mkdir -p "$exp/tftp/11112222"
echo other >"$exp/tftp/11112222/cmdline.txt"

extract --json --netboot --boot "$tftp" --serial 9FFEFDEF "$img" "$root"
want_rc 0
want_json 'j["boot"]["complete"] and j["boot"]["kind"] == "nfs" and j["boot"]["below"] == "9ffefdef"'
want_json 'j["boot"]["files"] == '"$(find tree -type f | wc -l)"
mkdir want && cp -a tree/. want/
read -r port mount <<EOP
$(ganesha_query srv | sed 's/.*nfsport=\([0-9]*\)&mountport=\([0-9]*\).*/\1 \2/')
EOP
cp "$exp/tftp/9ffefdef/cmdline.txt" line
grep -q "^console=serial0,115200 console=tty1 root=/dev/nfs nfsroot=127.0.0.1:/export/root,vers=3,tcp" line || bad "command line: $(cat line)"
grep -q " rw ip=dhcp rootwait quiet$" line || bad "command line: $(cat line)"
[ "$(wc -l <line)" -le 1 ] || bad "more than one line"
tr "\t" " " <"$exp/root/etc/fstab" | grep -q "^127.0.0.1:/export/tftp/9ffefdef /boot/firmware nfs .*nofail.*port=$port,mountport=$mount" ||
	bad "fstab: $(cat "$exp/root/etc/fstab")"
cp line want/cmdline.txt
touch -r tree/cmdline.txt want/cmdline.txt
find want -type f -exec chmod 755 {} +
# FAT keeps times in steps of two seconds; boot_tree sets even ones, and mcopy gives folders their own
mtimes() {
	(cd "$1" && find . -type f -printf '%P %s %T@ %m %U\n' | sort)
}
mtimes want >a
mtimes "$exp/tftp/9ffefdef" >b
diff a b >diff || bad "attributes: $(head -n 5 diff)"
diff -r want "$exp/tftp/9ffefdef" >diff || bad "content: $(head -n 5 diff)"
[ "$(cat "$exp/tftp/11112222/cmdline.txt")" = other ] || bad "another board's files were touched"
[ "$(find "$exp" -name '.img2nfs*')" = '' ] || bad "left: $(find "$exp" -name '.img2nfs*')"

# the same again: nothing to do, here and there
extract --json --update --netboot --boot "$tftp" --serial 9ffefdef "$img" "$root"
want_rc 0
want_json 'j["update"]["equal"] == j["planned"]["total"] and j["boot"]["bytes_written"] == 0'
# what differs is replaced, what is more stays
echo 'root=/dev/mmcblk0p2' >"$exp/tftp/9ffefdef/mine.txt"
ganesha_stop srv
echo 'root=/dev/mmcblk0p2' >"$exp/tftp/9ffefdef/cmdline.txt"
ganesha_run srv || die "the server does not start again"
extract --json --update --netboot --boot "$tftp" --serial 9ffefdef "$img" "$root"
want_rc 0
cmp line "$exp/tftp/9ffefdef/cmdline.txt" || bad "the command line was not mended"
[ -e "$exp/tftp/9ffefdef/mine.txt" ] || bad "what was more is gone"

# a root that does not become complete: no boot files
mkdir "$exp/full" && echo there >"$exp/full/file"
extract --netboot --boot "$(ganesha_url srv /tftp2)" "$img" "$(ganesha_url srv /full)"
want_rc 4
[ ! -e "$exp/tftp2" ] || bad "boot files without a root"

# nor without the swap; after it, they are there
extract --atomic --netboot --boot "$(ganesha_url srv /tftp3)" --mac dc:a6:32:01:36:c2 "$img" "$(ganesha_url srv /swapped)"
want_rc 0
want_out "In its place"
grep -q 'nfsroot=127.0.0.1:/export/swapped,' "$exp/tftp3/dc-a6-32-01-36-c2/cmdline.txt" || bad "command line after --atomic"
[ -e "$exp/swapped/etc/fstab" ] || bad "no root after --atomic"

# the boot part fails: the root is there, and both are said
serve frozen ro
extract --json --netboot --boot "$(ganesha_url frozen /tftp)" "$img" "$(ganesha_url srv /third)"
want_rc 4
want_err 'boot files: '
want_err 'NFS3ERR_ROFS'
want_err 'the root file system is stored, but the boot files in'
want_json 'not j["boot"]["complete"] and j["stored"] == j["planned"]'
[ -e "$WORK/srv.exp/third/etc/fstab" ] || bad "no root"
e2e_end
