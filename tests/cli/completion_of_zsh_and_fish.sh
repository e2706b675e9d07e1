# The completions of zsh and fish offer what bash's does, from the program; each shell that is here runs its own.
. "$top/tests/lib/cli.sh"
command -v zsh >/dev/null || command -v fish >/dev/null || skip "neither zsh nor fish is installed"

# zsh's completion functions want its line editor; these stand in for what ours calls.
cat >try.zsh <<'EOT'
compadd() {
	while [[ $1 == -S ]]; do shift 2; done
	[[ $1 == -- ]] && shift
	for w in "$@"; do [[ $w == $PREFIX* ]] && print -r -- $w; done
	return 0
}
compset() { PREFIX=${PREFIX#*=}; }
_files() { print FILES; }
words=("${@[2,-1]}")
CURRENT=$#words
PREFIX=$words[-1]
source "$1"
EOT
zsh_offers() {
	zsh -f try.zsh "$top/src/cli/img2nfs.zsh" "$img2nfs" "$@" 2>&1
}
fish_offers() {
	line=img2nfs
	for w; do
		line="$line $w"
	done
	HOME=$PWD PATH=$(dirname "$img2nfs"):$PATH fish --private --no-config -c \
		"source '$top/src/cli/img2nfs.fish'; complete -C '$line'" 2>&1
}
offers() {
	want=$1
	shift
	for shell in zsh fish; do
		command -v $shell >/dev/null || continue
		got=$(${shell}_offers "$@" | sort | tr '\n' ' ')
		[ "$got" = "$want" ] || die "$shell: $*: offers '$got', want '$want'"
	done
}
offers "extract " ex
offers "check " help che
offers "--quiet " extract x.img --q
offers "--remove-old " extract --remo
if command -v zsh >/dev/null; then
	[ "$(zsh_offers extract --journal=)" = "$(printf 'replay\nignore\nfail')" ] || die "zsh: words of --journal"
	[ "$(zsh_offers extract --netboo)" = --netboot ] || die "zsh: --netboot"
	[ "$(zsh_offers extract x.i)" = FILES ] || die "zsh: files"
fi
if command -v fish >/dev/null; then
	[ "$(fish_offers extract --journal= | tr '\n' ' ')" = "--journal= --journal=fail --journal=ignore --journal=replay " ] ||
		[ "$(fish_offers extract --journal= | sort | tr '\n' ' ')" = "--journal=fail --journal=ignore --journal=replay " ] ||
		die "fish: words of --journal: $(fish_offers extract --journal=)"
	: >x.img
	fish_offers extract x.i | grep -q x.img || die "fish: files"
fi
