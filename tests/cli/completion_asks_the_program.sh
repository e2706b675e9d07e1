# The completion offers commands, options and the words of a value, all from the program.
. "$top/tests/lib/cli.sh"
need bash
cat >c.bash <<'EOT'
source "$1/src/cli/img2nfs.bash"
shift
COMP_WORDS=("$@")
COMP_CWORD=$(($# - 1))
_img2nfs
printf '%s\n' "${COMPREPLY[@]}"
EOT
offers() {
	want=$1
	shift
	got=$(bash c.bash "$top" "$img2nfs" "$@" 2>&1 | sort | tr '\n' ' ')
	[ "$got" = "$want" ] || die "$*: offers '$got', want '$want'"
}
offers "extract " ex
offers "--help --version " --
offers "extract " help ex
offers "--journal-device= --journal= " extract --jour
offers "--quiet " extract x.img --q
offers "fail ignore replay " extract --journal =
offers "replay " extract --journal = rep
offers "auto " extract --progress au
offers " " extract x.img nfs
