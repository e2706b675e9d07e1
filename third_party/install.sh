#!/bin/sh
# Install what is missing of third_party/packages. --test: also what the tests and the demo use;
# --bench: also what the benchmark compares with; --knfsd: also the machine of tests/knfsd;
# --boot: also those of tests/boot; --portability: also compilers for other processors.
#
# When nothing is missing it says nothing, needs no network and no rights. Else it works as root or
# through sudo; without either it prints what to install and ends with 1. Debian and Ubuntu
# (apt-get), macOS (brew), FreeBSD (pkg).
set -u
here=$(cd "$(dirname "$0")" && pwd) || exit 1
sets=build
for option; do
	case $option in
	--test) sets="$sets test" ;;
	--bench | --knfsd | --boot | --portability) sets="$sets test ${option#--}" ;;
	*) echo "usage: third_party/install.sh [--test | --bench | --knfsd | --boot | --portability]..." >&2; exit 2 ;;
	esac
done
# mke2fs, sfdisk and their like live where an ordinary user's PATH does not look.
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
export PATH

if command -v apt-get >/dev/null 2>&1; then
	col=3
elif [ "$(uname)" = Darwin ]; then
	col=4
	# brew keeps these out of pkg-config's way, because the system has parts of its own with
	# the same names.
	if command -v brew >/dev/null 2>&1; then
		for keg in e2fsprogs util-linux libarchive zlib; do
			PKG_CONFIG_PATH=$(brew --prefix)/opt/$keg/lib/pkgconfig:${PKG_CONFIG_PATH:-}
		done
		export PKG_CONFIG_PATH
	fi
elif [ "$(uname)" = FreeBSD ]; then
	col=5
else
	col=0
fi

is_here() {
	case $1 in
	mod:*) ${PKG_CONFIG:-pkg-config} --exists "${1#mod:}" 2>/dev/null ;;
	cmd:*) command -v "${1#cmd:}" >/dev/null 2>&1 ;;
	file:*)
		for f in ${1#file:}; do # a pattern
			[ -e "$f" ] && return 0
		done
		return 1
		;;
	esac
}

# Sets missing (package names) and nowhere (what no package is known for).
look() {
	missing='' nowhere=''
	for set in $sets; do
		look_set
	done
	missing=${missing# }
}

look_set() {
	while IFS='	' read -r s probe apt brew pkg; do
		[ "$s" = "$set" ] || continue
		case $col in
		3) name=$apt ;;
		4) name=$brew ;;
		5) name=$pkg ;;
		*) name=$probe ;;
		esac
		# Tests that need a Linux tool skip themselves elsewhere; a library is needed
		# everywhere.
		[ "$name" != . ] || continue
		[ "$name" != - ] || case $probe in mod:*) ;; *) continue ;; esac
		is_here "$probe" && continue
		if [ "$name" = - ]; then
			nowhere="$nowhere ${probe#*:}"
		else
			case " $missing " in
			*" $name "*) ;;
			*) missing="$missing $name" ;;
			esac
		fi
	done <"$here/packages"
}

look

if [ -n "$nowhere" ]; then
	echo "this system has no package known to us for:$nowhere (see third_party/README.md)" >&2
	[ -n "$missing" ] || exit 1
fi
[ -n "$missing" ] || exit 0

as_root=''
if [ $col -ne 4 ] && [ "$(id -u)" -ne 0 ]; then
	if command -v sudo >/dev/null 2>&1; then
		as_root='sudo'
		# Without a terminal sudo must not wait for a password that nobody can type.
		[ -t 0 ] || as_root='sudo -n'
	else
		col=$((col + 10))
	fi
fi
case $col in
3) say="apt-get install --no-install-recommends $missing" ;;
4) say="brew install $missing" ;;
5) say="pkg install $missing" ;;
*)
	echo "missing, and to be installed by somebody who is root:" >&2
	case $col in
	13) echo "	apt-get install --no-install-recommends $missing" >&2 ;;
	15) echo "	pkg install $missing" >&2 ;;
	*)
		echo "	$missing" >&2
		echo "	(as third_party/packages calls them; this system's packages are not known to us)" >&2
		;;
	esac
	exit 1
	;;
esac

echo "installing: $missing"
run() {
	case $col in
	3)
		$as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $missing
		;;
	4) brew install $missing ;;
	5) $as_root pkg install -y $missing ;;
	esac
}
# The tests start their own ganesha; the service that comes with the package shall neither start now
# nor at boot.
service=''
case " $missing " in
*' nfs-ganesha '*) [ ! -d /run/systemd/system ] || service=nfs-ganesha.service ;;
esac
[ -z "$service" ] || $as_root systemctl -q mask --runtime $service
done_with_service() {
	[ -n "$service" ] || return 0
	$as_root systemctl -q unmask --runtime $service
	$as_root systemctl -q disable $service 2>/dev/null
	service=''
}
log=$(mktemp) || exit 1
trap 'done_with_service; rm -f "$log"' EXIT
if ! run >"$log" 2>&1 </dev/null; then
	# The package lists may be missing (a fresh machine) or old (naming files that are no longer
	# there).
	[ $col -eq 3 ] && $as_root apt-get update -q >>"$log" 2>&1 </dev/null && run >>"$log" 2>&1 </dev/null
fi
look
[ -n "$missing$nowhere" ] || exit 0
tail -n 15 "$log" >&2
echo "still missing:${missing:+ $missing}$nowhere" >&2
echo "could not install; try as root:" >&2
echo "	$say" >&2
exit 1
