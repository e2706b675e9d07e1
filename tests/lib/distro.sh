#!/bin/sh
# Run a command in a Debian of another release, with this tree in it.
#
#	sh tests/lib/distro.sh trixie make -s WERROR=1 all units
#	sh tests/lib/distro.sh trixie			makes it ready, runs nothing
#
# The system is debootstrapped once into $O/fixtures/distro-RELEASE and has nothing but what
# `third_party/install.sh --test` installs there. The command runs as root in a mount and PID
# namespace of its own: it sees this tree read-only as /img2nfs, which is its working directory, a
# build folder of its own ($O is /build, and stays), the machine's devices and network; what it
# leaves running ends with it. In the environment: O, T, J, WERROR, and what DISTRO_ENV names.
#
# Needs root and debootstrap; status 77 with a reason on stderr = cannot be made here.
set -u
top=$(cd "$(dirname "$0")/../.." && pwd) || exit 1
O=${O:-$top/build}
PATH=$PATH:/usr/sbin:/sbin
release=${1:-}

say() {
	echo "$*" >&2
}

refuse() {
	say "cannot make a Debian ${release:-of no name}: $*"
	exit 77
}

case $release in
'' | *[!a-z]*) say "usage: tests/lib/distro.sh RELEASE [COMMAND...]"; exit 2 ;;
esac
shift
dir=$O/fixtures
root=$dir/distro-$release
log=$dir/distro-$release.log
[ "$(id -u)" -eq 0 ] || refuse "chroot needs root"
for c in unshare chroot flock; do
	command -v $c >/dev/null 2>&1 || refuse "$c is not installed"
done
unshare --mount --pid --fork true 2>/dev/null || refuse "no mount and PID namespaces here"

# What the command sees. Runs in the mount namespace, which takes the mounts away at its end.
inside='
	root=$1 top=$2
	shift 2
	mkdir -p "$root/img2nfs" "$root/build/fixtures"
	# its root has to be a mount for nfs-ganesha, which looks for it among them
	mount --bind "$root" "$root" || exit 1
	[ -h "$root/etc/mtab" ] || ln -s ../proc/self/mounts "$root/etc/mtab"
	mount --bind "$top" "$root/img2nfs" && mount -o remount,bind,ro "$root/img2nfs" &&
		mount --rbind /dev "$root/dev" && mount -t proc proc "$root/proc" &&
		mount --rbind /sys "$root/sys" || exit 1
	cp -L /etc/resolv.conf "$root/etc/resolv.conf" 2>/dev/null
	exec chroot "$root" sh -c "cd /img2nfs && exec \"\$@\"" sh "$@"
'
enter() {
	env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 \
		O=/build T="${T:-}" J="${J:-2}" WERROR="${WERROR:-}" DEBIAN_FRONTEND=noninteractive ${DISTRO_ENV:-} \
		unshare --mount --propagation private --pid --fork --kill-child \
		sh -c "$inside" sh "$root" "$top" "$@"
}

# The mirror that this system's own apt uses for its Debian, else debootstrap's default.
find_mirror() {
	apt-get indextargets --format '$(REPO_URI) $(CODENAME)' 'Created-By: Packages' 2>/dev/null |
		awk '$2 ~ /^(bookworm|trixie|forky|sid)$/ { print $1; exit }'
}

bootstrap() {
	command -v debootstrap >/dev/null 2>&1 || refuse "debootstrap is not installed (third_party/install.sh --test)"
	say "debootstrap of Debian $release (2 to 10 minutes; its log is $log)"
	mirror=$(find_mirror)
	n=0
	# What was fetched stays in the tree: another try goes on from there.
	until debootstrap --variant=minbase "$release" "$root.part" ${mirror:+"$mirror"} >"$log" 2>&1 </dev/null; do
		n=$((n + 1))
		[ $n -lt 3 ] || {
			tail -n 3 "$log" >&2
			refuse "debootstrap failed three times"
		}
		rm -rf "$root.part/debootstrap"
		sleep $((n * 5))
	done
	mv "$root.part" "$root"
}

# A mirror may stand still; what it has is signed all the same, and old enough packages do for tests. Said, as "sid" is
# then the sid of that day.
update_lists() {
	enter apt-get -q update >>"$log" 2>&1 </dev/null && return
	tail -n 5 "$log" | grep -q 'Release file .* is expired' || return 1
	say "the mirror's list of Debian $release is past its date; taken as it is"
	echo 'Acquire::Check-Valid-Until "false";' >"$root/etc/apt/apt.conf.d/99still-mirror"
	enter apt-get -q update >>"$log" 2>&1 </dev/null
}

make_ready() {
	[ -e "$root/etc/debian_version" ] || bootstrap
	# again whenever the list of packages has changed
	if ! cmp -s "$top/third_party/packages" "$root/build/packages"; then
		say "installing into Debian $release what the tests need"
		update_lists && {
			enter apt-get -q -y install make && enter sh third_party/install.sh --test
		} >>"$log" 2>&1 </dev/null || {
			tail -n 5 "$log" >&2
			refuse "its packages cannot be installed"
		}
		cp "$top/third_party/packages" "$root/build/packages"
	fi
	# images are the same everywhere; what is made from them is not shared
	for f in debian.img debian.recipe debian-tree.tar; do
		[ ! -e "$dir/$f" ] || [ "$dir/$f" -ef "$root/build/fixtures/$f" ] ||
			ln -f "$dir/$f" "$root/build/fixtures/$f" 2>/dev/null
	done
}

mkdir -p "$dir" || exit 1
exec 9>"$dir/distro-$release.lock"
flock 9 || exit 1
(make_ready 9>&-) || exit $?
exec 9>&-
[ $# -eq 0 ] && exit 0
enter "$@"
