# bash completion for img2nfs(1). It asks the program itself, so it cannot fall behind.

_img2nfs() {
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}
	local prog=${COMP_WORDS[0]} cmd='' i line name words

	COMPREPLY=()
	for ((i = 1; i < COMP_CWORD; i++)); do
		case ${COMP_WORDS[i]} in
		-*) ;;
		*) cmd=${COMP_WORDS[i]} && break ;;
		esac
	done
	if [[ -z $cmd ]]; then
		mapfile -t COMPREPLY < <(compgen -W "$("$prog" help --commands 2>/dev/null) --help --version" -- "$cur")
		return
	fi
	if [[ $cmd == help ]]; then
		mapfile -t COMPREPLY < <(compgen -W "$("$prog" help --commands 2>/dev/null)" -- "$cur")
		[[ $cur == -* ]] || return
	fi
	# "--name=VALUE" comes as three words because "=" is in COMP_WORDBREAKS
	if [[ $cur == = ]]; then
		name=$prev
		cur=''
	elif [[ $prev == = ]]; then
		name=${COMP_WORDS[COMP_CWORD - 2]}
	else
		name=$prev
	fi
	words=
	while IFS=$'\t' read -r line words_of; do
		line=${line/\[=/=}
		[[ $line == "$name="* ]] && words=$words_of && break
	done < <("$prog" help --options "$cmd" 2>/dev/null)
	if [[ -n $words ]]; then
		mapfile -t COMPREPLY < <(compgen -W "${words//|/ }" -- "$cur")
	elif [[ $cur == -* ]]; then
		mapfile -t COMPREPLY < <(compgen -W \
			"$("$prog" help --options "$cmd" 2>/dev/null | sed 's/\t.*//; s/\[=.*//; s/=.*/=/')" -- "$cur")
		[[ ${COMPREPLY[0]-} != *= ]] || compopt -o nospace 2>/dev/null
	fi
}

# -o default: IMAGE is a file name
complete -o default -F _img2nfs img2nfs
