# spool.sh - how much of a disk a spool takes. Source cli.sh first.
#
#	spool_bytes FILE [OPTION...]	sets $bytes: what the spool of `gzip -c FILE | extract OPTION... - null:` has on the
#					disk when all has come; then lets the run end, and sets $rc; output in out and err
#	used FILE			bytes that an ext file system uses, by dumpe2fs
need mke2fs debugfs dumpe2fs gzip python3
[ -d /proc/self/fd ] || skip "no /proc/PID/fd here"

spool_bytes() {
	spool_of=$1
	shift
	mkdir -p spool
	rm -f pipe
	mkfifo pipe
	"$img2nfs" extract --allow-loss=all --progress=json --spool=spool "$@" - null: <pipe >out 2>err &
	pid=$!
	said='' have='' packed=$(gzip -1c "$spool_of" | wc -c)
	exec 3>pipe
	gzip -1c "$spool_of" >&3
	until_ok 60 spool_has_come || die "it does not come to its end: $(cat err)"
	bytes=$(($(stat -L -c %b "$fd") * 512))
	exec 3>&-
	rc=0
	wait $pid || rc=$?
}
# The whole pipe was read, and from one progress report to the next nothing was
# unpacked and the spool did not change.
spool_has_come() {
	fd=
	for f in "/proc/$pid/fd"/*; do
		case $(readlink "$f") in
		*/spool/*deleted*) fd=$f ;;
		esac
	done
	# shellcheck disable=SC2046 # words wanted
	set -- $(sed -n 's/^{.* "seconds": \([0-9.]*\),.* "packed": \([0-9]*\),.* "unpacked": \([0-9]*\),.*/\1 \2 \3/p' \
		err | tail -n 1)
	[ -n "$fd" ] && [ $# -eq 3 ] && [ "$2" -eq "$packed" ] && [ "$1" != "$said" ] || return 1
	had=$have
	said=$1 have="$3 $(stat -L -c %b "$fd")"
	[ "$have" = "$had" ]
}

used() {
	dumpe2fs -h "$1" 2>/dev/null | awk -F: '/^Block count/ { b = $2 } /^Free blocks/ { f = $2 }
		/^Block size/ { s = $2 } END { print (b - f) * s }'
}
