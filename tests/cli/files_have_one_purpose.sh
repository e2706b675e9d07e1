# What a run reads it does not write over, and what it writes it writes for one purpose: by whatever operand or option a
# file is named, FILE:DIR and FILE:MEMBER and standard input among them, status 2 and the file is as it was.
. "$top/tests/lib/cli.sh"
. "$top/tests/lib/boot_tree.sh"
. "$top/tests/lib/tiny_image.sh"
PATH=$PATH:/usr/sbin:/sbin
need mkfs.vfat sfdisk mcopy mke2fs debugfs
nowhere='nfs://127.0.0.1/x?nfsport=1&mountport=1'
tiny_image x.img
cp x.img before.img
cp x.img member.img
tar -cf a.tar member.img
cp a.tar before.tar
ln -s x.img link
echo journal >journal

# refused TEXT WORD...: with this reason, and nothing was written.
refused() {
	text=$1
	shift
	run 2 "$@" </dev/null
	says "$text"
	one_line
	cmp x.img before.img && cmp a.tar before.tar || die "$ran: wrote over the image"
	[ "$(cat journal)" = journal ] || die "$ran: wrote over the journal"
	[ -z "$(find . -name '*.part*' -o -name 'new*')" ] || die "$ran: left $(find . -name '*.part*' -o -name 'new*')"
}

for o in --report --manifest; do
	refused "x.img'" extract $o=x.img x.img:/etc null:
	refused "link'" extract $o=link x.img:/etc null:
	refused "a.tar'" extract $o=a.tar a.tar:member.img:/etc null:
	refused "'journal' is the file of option '--journal-device'" extract $o=journal --journal-device=journal x.img null:
	refused "'newcard' is the file of option '--boot'" extract $o=newcard --boot=newcard x.img null:
done
refused "is what is to be read" verify --report=x.img x.img:/etc "$nowhere"
refused "'a.tar' is the file of the image" extract a.tar:member.img a.tar
refused "'x.img' is the file of the image" extract --boot=x.img x.img null:
refused "'link' is the file of the image" extract --boot=link x.img:/ null:
refused "'new.tar' is the file of the destination" extract --boot=new.tar x.img new.tar
refused "'journal' is the file of option '--journal-device'" extract --boot=journal --journal-device=./journal x.img null:
refused "'new.mtree' is the file of option '--script'" extract --squashed=script --script=new --report=new.mtree x.img "$nowhere"
refused "it takes the name of a file" extract --manifest=- x.img null:
refused "it takes the name of a file" extract --squashed=script --script=- x.img "$nowhere"
# a script that would not be written
refused "option '--script' needs --squashed=script" extract --script=new x.img "$nowhere"
# standard input
rc=0
"$img2nfs" extract --report=x.img - null: <x.img >out 2>err || rc=$?
[ $rc -eq 2 ] && cmp x.img before.img || die "standard input: status $rc: $(cat err)"
# a file that is a card already may become one again, as long as it is nobody else's
boot_tree tree
pi_disk pi.img tree
run 0 extract --quiet pi.img null: --boot=card.img
run 0 extract --quiet pi.img null: --boot=card.img --report=r.json
