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
	"$img2nfs" extract --allow-loss=all --spool=spool "$@" - null: <pipe >out 2>err &
	pid=$!
	exec 3>pipe
	gzip -1c "$spool_of" >&3
	until_ok 60 spool_has_come || die "it does not come to its end: $(cat err)"
	bytes=$(($(stat -L -c %b "$fd") * 512))
	exec 3>&-
	rc=0
	wait $pid || rc=$?
}
# bytes that nobody has taken out of the pipe
spool_in_pipe() {
	python3 -c 'import array, fcntl, termios
n = array.array("i", [0])
fcntl.ioctl(3, termios.FIONREAD, n)
print(n[0])'
}
# all was unpacked: nothing is left in the pipe, each thread waits, and the spool does not change any more
spool_has_come() {
	fd=
	for f in "/proc/$pid/fd"/*; do
		case $(readlink "$f") in
		*/spool/*deleted*) fd=$f ;;
		esac
	done
	[ -n "$fd" ] || return 1
	was=${now-}
	now=$(stat -L -c %b "$fd") || return 1
	[ "$now" = "$was" ] && [ "$now" -gt 4000 ] && [ "$(spool_in_pipe)" -eq 0 ] &&
		[ "$(cat "/proc/$pid/task"/*/stat | cut -d' ' -f3 | sort -u)" = S ]
}

used() {
	dumpe2fs -h "$1" 2>/dev/null | awk -F: '/^Block count/ { b = $2 } /^Free blocks/ { f = $2 }
		/^Block size/ { s = $2 } END { print (b - f) * s }'
}
