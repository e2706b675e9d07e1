# fish completion for img2nfs(1). It asks the program itself, so it cannot fall behind.

function __img2nfs_command
	for word in (commandline -opc)[2..-1]
		if not string match -q -- '-*' $word
			echo $word
			return 0
		end
	end
	return 1
end

# A line is --name, --name=VALUE or --name[=VALUE], then a tab and the words that it may be.
function __img2nfs_options
	set -l prog (commandline -opc)[1]
	set -l command (__img2nfs_command)
	for line in ($prog help --options $command 2>/dev/null)
		set -l parts (string split \t -- $line)
		set -l name (string replace -r '\[?=.*' '' -- $parts[1])
		if set -q parts[2]
			for choice in (string split '|' -- $parts[2])
				echo $name=$choice
			end
		else if string match -qr '^[^\[]*=' -- $parts[1]
			echo $name=
		end
		if not string match -qr '^[^\[]*=' -- $parts[1]
			echo $name
		end
	end
end

complete -c img2nfs -n 'not __img2nfs_command' -f -a '(eval (commandline -opc)[1] help --commands 2>/dev/null) --help --version'
complete -c img2nfs -n 'contains -- help (__img2nfs_command)' -f -a '(eval (commandline -opc)[1] help --commands 2>/dev/null)'
complete -c img2nfs -n '__img2nfs_command; and string match -q -- "-*" (commandline -ct)' -f -a '(__img2nfs_options)'
