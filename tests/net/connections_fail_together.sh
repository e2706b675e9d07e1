# nfs3_survives_every_record with several connections: what one of them loses is sent again over new ones.
. "$top/tests/lib/test.sh"
. "$top/tests/lib/ganesha.sh"
only_v3 "NFSv4 goes over one connection"
CONNECTIONS=3 STEP=${STEP:-16} KINDS='lose-reply drop-call cut-reply dup-reply'
. "$top/tests/net/nfs3_survives_every_record.sh"

# Symlinks with long targets have one of their own, too.
seen() {
	CONNECTIONS=$1
	run "over-$1" drop-call=0
	sed 's/.* connections=//' "$WORK/seen"
}
one=$(seen 1) three=$(seen 3)
[ "$three" = $((one + 2)) ] || die "$one connections, with two more $three"
