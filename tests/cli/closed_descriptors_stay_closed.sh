# Started without standard output or standard error, as by some daemons, the program opens no file of its own there: what
# is printed does not get into an archive, a report or the spool.
. "$top/tests/lib/cli.sh"
. "$top/tests/lib/tiny_image.sh"
need python3 tar
tiny_image x.img
run 0 extract x.img good.tar
run 0 extract --quiet --report=good.json x.img null:

# closed STATUS WORD...
closed() {
	want=$1
	shift
	for how in 1 2 12 012; do
		rm -f o.tar r.json
		rc=0
		case $how in
		1) "$img2nfs" "$@" <x.img >&- 2>err || rc=$? ;;
		2) "$img2nfs" "$@" <x.img >out 2>&- || rc=$? ;;
		12) "$img2nfs" "$@" <x.img >&- 2>&- || rc=$? ;;
		012)
			case " $* " in *' - '*) continue ;; esac	# that is to be read
			"$img2nfs" "$@" <&- >&- 2>&- || rc=$?
			;;
		esac
		# with nothing to print, nothing is missing
		[ $rc -eq "$want" ] || { [ $rc -eq 7 ] && [ $how != 2 ]; } || die "$* without $how: status $rc, want $want"
		python3 -c 'import json; json.load(open("r.json"))' || die "$* without $how: $(cat r.json)"
		cmp o.tar good.tar || die "$* without $how: another archive"
	done
}
closed 0 extract -v --report=r.json x.img o.tar
closed 0 extract -v --report=r.json - o.tar
closed 0 extract --quiet --report=r.json x.img o.tar
