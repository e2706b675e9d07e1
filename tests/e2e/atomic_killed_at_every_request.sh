# --atomic, ended by force at each of its last requests: at every moment NAME is the old tree or the new
# one, or both are beside it, complete; and the same command again finishes the job. A lost connection
# alone changes nothing.
. "$top/tests/lib/e2e.sh"
. "$top/tests/lib/nfsproxy.sh"
. "$top/tests/lib/tiny_image.sh"
need_root "another owner's files"
tiny_image "$WORK/tiny.img"
img=$(for_nobody "$WORK/tiny.img")
serve

# Prints which tree is at PATH: new, old, older, none, or some other.
tree_at() {
	if [ ! -e "$1" ]; then
		echo none
	elif [ -e "$1/mark" ]; then
		cat "$1/mark"
	elif [ "$(find "$1" | wc -l)" -eq 9 ] && [ "$(cat "$1/etc/motd")" = hello ] &&
			[ "$(stat -c %s "$1/big")" -eq 70000 ] && [ "$(readlink "$1/link")" = etc/motd ]; then
		echo new
	else
		echo other
	fi
}

state() {
	echo "$(tree_at "$exp/$1") $(tree_at "$exp/$1.new") $(tree_at "$exp/$1.old") $(tree_at "$exp/$1.older")"
}

prepare() {
	mkdir "$exp/$1" "$exp/$1.old" "$exp/$1.old/sub"
	echo old >"$exp/$1/mark"
	echo older >"$exp/$1.old/mark"
	echo x >"$exp/$1.old/sub/x"
}

swap() {	# NAME [OPTION...]
	swap_name=$1
	shift
	extract --atomic --no-check --allow-loss=all "$@" "$img" "$(proxy_url px srv "/$swap_name")"
	proxy_stop px >"$WORK/seen"
}

finished() {	# WHAT NAME
	[ "$(state "$2")" = 'new none old none' ] || bad "$1: $(state "$2") at the end"
	[ ! -e "$exp/.img2nfs-lock.$2" ] || bad "$1: the lock is left"
}

prepare clean
proxy_start px srv drop-call=1000000
swap clean
want_rc 0
finished clean clean
last=$(sed -n 's/.*calls=\([0-9]*\).*/\1/p' "$WORK/seen")
[ "$last" -gt 50 ] || bad "only $last requests"
seen=
k=$((last - 32))
while [ $k -le "$last" ]; do
	for how in drop-call lose-reply; do
		name=$how$k
		prepare "$name"
		proxy_start px srv $how=$k down=600000
		swap "$name" --retry-for=0
		now=$(state "$name")
		case $now in
		'old none '* | 'none none '*) bad "$how=$k: the new tree is nowhere: $now" ;;
		'old '* | 'new none old '*) ;;
		'none new old older') ;;
		*) bad "$how=$k: $now" ;;
		esac
		seen="$seen|$now"
		proxy_start px srv drop-call=1000000
		swap "$name" --break-lock
		[ "$rc" -eq 0 ] || bad "$how=$k: status $rc of the second run"
		case $now in
		# what was in place when the second run began is the old tree to it
		new*) now=$(state "$name")
			[ "$now" = 'new none new none' ] || bad "$how=$k: $now after a second swap" ;;
		*) finished "$how=$k" "$name" ;;
		esac
	done
	# the connection is lost, and made again
	# NFSv4.0 promises nothing of a request that comes twice; TCP and we do not do that
	hows='drop-call lose-reply dup-call'
	! is_v4 || hows='drop-call lose-reply'
	for how in $hows; do
		name=again-$how$k
		prepare "$name"
		proxy_start px srv $how=$k
		swap "$name"
		[ "$rc" -eq 0 ] || bad "$how=$k, with another connection: status $rc"
		finished "$how=$k, with another connection" "$name"
	done
	k=$((k + 1))
done
# All the moments have been seen, that without NAME too.
for s in 'old new older none' 'old new none older' 'none new old older' 'new none old older' 'new none old none'; do
	case $seen in
	*"|$s"*) ;;
	*) bad "the state '$s' was not seen: $seen" ;;
	esac
done
e2e_end
