# bootstrap.sh - a Debian tree from the network, for the scripts that make images. Source it.
#
#	say TEXT; refuse TEXT			to stderr; refuse ends with 77: cannot be made here
#	bootstrap TREE SUITE PACKAGES LOG	debootstrap, several tries; PACKAGES separated by commas
#	bootstrap_umount TREE			what a killed debootstrap leaves mounted
#	bootstrap_cleanup			however the script ends, nothing stays mounted in $tree and
#						at $mnt, which goes

say() {
	echo "$*" >&2
}

refuse() {
	say "cannot make the ${what:-Debian image}: $*"
	exit 77
}

bootstrap_umount() {
	for m in proc sys; do
		umount "$1/$m" 2>/dev/null
	done
}

bootstrap_cleanup() {
	trap 'rc=$?; umount "$mnt" 2>/dev/null; rmdir "$mnt" 2>/dev/null; bootstrap_umount "$tree"; exit $rc' EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM
}

bootstrap() {
	# The mirror that this system's own apt uses for the suite, else debootstrap's default.
	# shellcheck disable=SC2016 # expanded by apt-get
	mirror=$(apt-get indextargets --format '$(REPO_URI) $(CODENAME)' 'Created-By: Packages' 2>/dev/null |
		awk -v s="$2" '$2 == s { print $1; exit }')
	say "debootstrap of Debian 12 (2 to 10 minutes; its log is ${4#"$top"/})"
	n=0
	# What was fetched stays in the tree: another try goes on from there.
	until debootstrap --variant=minbase --include="$3" "$2" "$1" ${mirror:+"$mirror"} >"$4" 2>&1 </dev/null; do
		n=$((n + 1))
		tail -n 3 "$4" >&2
		[ $n -lt 4 ] || refuse "debootstrap failed four times"
		say "debootstrap failed, trying again"
		bootstrap_umount "$1"
		rm -rf "$1/debootstrap" "$1/usr/lib/modules"
		sleep $((n * 5))
	done
}
