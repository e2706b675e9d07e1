# Whoever takes the program over while it reads an image, or at its end, can open no other file, make none, speak to no
# local service, start no program and send no signal. With --no-sandbox all of that succeeds, so the trial is one. Where a
# file is to get its name, a tar for example, names in its folder can be changed, but nothing there can be opened.
. "$top/tests/lib/cli.sh"
. "$top/tests/lib/tiny_image.sh"
"$img2nfs" --version | grep -q '^Landlock (ABI .*), libseccomp' || skip "not both halves of the sandbox: $("$img2nfs" --version | tail -n 1)"
[ -e "$O/tests/tools/intruder.so" ] || skip "the tools are not built"
need gzip xz
tiny_image x.img
gzip -k x.img && xz -k x.img || die "cannot pack it"
mkdir elsewhere out
from=/dev/null
beside='peek overwrite empty fill'
all="open make socket program signal $beside"

# intruded WANT COMMAND...: at both moments each trial ends with a word of the pattern WANT.
intruded() {
	want=$1
	shift
	rm -f elsewhere/made
	for f in other here gone; do
		echo content >out/$f
	done
	LD_PRELOAD=$O/tests/tools/intruder.so INTRUDER_FD=9 INTRUDER_FILE=$WORK/elsewhere/made \
		INTRUDER_BESIDE=$WORK/out "$img2nfs" "$@" <"$from" 9>tried >stdout 2>err || {
		cat stdout err >&2
		die "$*: status $?"
	}
	for when in 'first read' end; do
		for what in $all; do
			grep -qE "^$when: $what ($want)\$" tried || {
				cat tried >&2
				die "$*: $when: $what"
			}
		done
	done
}

# confined COMMAND OPERAND...: and the same without the sandbox.
confined() {
	command=$1
	shift
	intruded 'EACCES|EPERM|ENOSYS' "$command" "$@"
	[ ! -e elsewhere/made ] || die "$command: a file was made"
	[ "$(cat out/other)" = content ] || die "$command: a file of others was changed"
	[ ! -e out/new ] || die "$command: a file was made beside"
	case " $* " in
	*' out/'* | *=out/*) names OK ;;
	*) names 'EACCES|EPERM|ENOSYS' ;;
	esac
	intruded OK "$command" --no-sandbox "$@"
	[ -e elsewhere/made ] || die "$command: the trial does not try"
}

# names WANT: what may be done with the names of the folder
names() {
	for what in rename remove; do
		grep -qE "^end: $what ($1)\$" tried || die "$command: $what is not $1: $(cat tried)"
	done
}

confined list x.img
confined ls x.img
confined stat x.img:/big
confined cat x.img:/etc/motd
confined manifest x.img
confined extract x.img null:
confined extract x.img.xz null:
confined extract x.img.gz null:
confined extract x.img.gz out/x.tar
confined extract --manifest=out/m.mtree x.img out/x.tar.zst
confined extract --report=out/r.json x.img null:
from=x.img.gz
confined extract - null:
from=x.img.xz
confined extract - null:

# What was written is what is written without.
"$img2nfs" extract --quiet x.img a.tar && "$img2nfs" extract --quiet --no-sandbox x.img b.tar || die "cannot extract"
cmp a.tar b.tar || die "the tars differ"
[ -s out/m.mtree ] || die "no manifest"

# A kernel or a container with only one half of it, and with none: what is there is used, and -v tells.
old() {	# WORDS MESSAGE TRIAL...: with COMMAND in $command, these trials fail and the others do not
	old=$1 says=$2
	shift 2
	rm -f out/new
	INTRUDER_OLD=$old LD_PRELOAD=$O/tests/tools/intruder.so INTRUDER_FD=9 INTRUDER_BESIDE=$WORK/out \
		"$img2nfs" $command 9>tried >stdout 2>err || die "$command: without $old: status $?: $(cat err)"
	grep -q "^img2nfs: $says" err || die "$command: without $old it says: $(cat err)"
	for what in open socket program $beside; do
		result=OK
		case " $* " in *" $what "*) result='(EACCES|EPERM|ENOSYS)' ;; esac
		grep -qE "^first read: $what $result\$" tried || {
			cat tried >&2
			die "$command: without $old: $what"
		}
	done
}
command='ls -v x.img'
# truncate(2) is a matter of Landlock from ABI 3 on
abi=$("$img2nfs" --version | sed -n 's/^Landlock (ABI \([0-9]*\)).*/\1/p')
[ "$abi" -ge 3 ] || beside='peek overwrite fill'
old landlock 'confined: no Landlock in this kernel, libseccomp' open socket program $beside
old seccomp 'confined: Landlock (ABI .*), libseccomp .* (not used)' open program $beside
old landlock,seccomp 'not confined: no Landlock' none
command='extract -v x.img out/x.tar'
old landlock 'confined: no Landlock in this kernel, libseccomp' open socket program $beside
old seccomp 'confined: Landlock (ABI .*), libseccomp .* (not used)' open program $beside
[ -e out/new ] && [ ! -s out/new ] || die "Landlock alone lets an empty file be made, or so the manual says"
old landlock,seccomp 'not confined: no Landlock' none
tar -tf out/x.tar >/dev/null || die "no tar without a sandbox"

# The kernel's own word, while the program waits for the rest of its image.
mkfifo pipe
exec 8<>pipe
"$img2nfs" extract --quiet - null: <pipe >stdout 2>err 8>&- &
pid=$!
head -c 65536 x.img >&8
until_ok 60 grep -qx 'Seccomp:	2' /proc/$pid/status || die "no filter: $(cat /proc/$pid/status)"
grep -qx 'NoNewPrivs:	1' /proc/$pid/status || die "it may get new rights"
kill $pid
wait $pid
[ $? -eq 143 ] || die "does not end by SIGTERM"
