#compdef img2nfs
# zsh completion for img2nfs(1). It asks the program itself, so it cannot fall behind.

_img2nfs() {
	local prog=$words[1] cmd='' line name choices i
	local -a offers

	for ((i = 2; i < CURRENT; i++)); do
		[[ $words[i] == -* ]] && continue
		cmd=$words[i]
		break
	done
	if [[ -z $cmd ]]; then
		compadd -- ${(f)"$($prog help --commands 2>/dev/null)"} --help --version
		return
	fi
	if [[ $cmd == help && $PREFIX != -* ]]; then
		compadd -- ${(f)"$($prog help --commands 2>/dev/null)"}
		return
	fi
	# a line is --name, --name=VALUE or --name[=VALUE], then a tab and the words that it may be
	for line in ${(f)"$($prog help --options $cmd 2>/dev/null)"}; do
		name=${${${line%%$'\t'*}%%=*}%\[}
		choices=''
		[[ $line == *$'\t'* ]] && choices=${line#*$'\t'}
		if [[ $PREFIX == $name=* && -n $choices ]]; then
			compset -P 1 '*='
			compadd -- ${(s:|:)choices}
			return
		fi
		[[ $line == $name=* ]] && name+='='
		offers+=$name
	done
	if [[ $PREFIX == -* ]]; then
		compadd -S '' -- ${(M)offers:#*=}
		compadd -- ${offers:#*=}
	else
		_files
	fi
}

_img2nfs "$@"
