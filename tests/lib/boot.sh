# boot.sh - start a machine from what the program wrote, root over NFS. Sources e2e.sh; everything runs
# in a network of its own, in which nothing of the host is seen or disturbed.
#
#	boot_image fresh|used		sets $img (fixtures/recipes/boot_disk.sh), or skips
#	boot_tftp			makes $tftp, a directory for --boot
#	boot_serve			rpcbind and nfs-ganesha at 10.0.2.2, exports $exp as /export
#	boot_start NAME DIR		QEMU with kernel8.img, initramfs8 and cmdline.txt of DIR, nothing else
#	boot_up NAME			waits for the end of booting, 1: emergency mode or less; says how long it took
#	boot_do NAME 'LINE' [SECONDS]	runs a line in the machine's root shell: its output, its status
#	boot_is NAME 'LINE' OUTPUT	and complains when it prints anything else
#	boot_off NAME			systemctl poweroff; complains when the machine does not end by itself
#	boot_kill NAME			at exit this happens by itself
#	boot_log NAME			prints the end of the console's log
#
# 10.0.2.2 is how a guest of QEMU's user network sees the loopback of the host; here it is also an address
# of the loopback, so that one URL is right for the program and for the machine. klibc's nfsmount asks
# the portmapper at port 111: that is why there must be a network of our own. The processor is emulated,
# also where KVM is: one speed everywhere. Everything is in $WORK/boot.NAME/ (console, shell, qemu).

# The limit of one boot, in seconds; one to three minutes are usual.
boot_limit=${BOOT_LIMIT:-600}

if [ -z "${BOOT_NET:-}" ]; then
	. "$top/tests/lib/test.sh"
	need_root "a network and an NFS server of its own"
	need qemu-system-x86_64 rpcbind ganesha.nfsd unshare ip
	unshare --net --mount true 2>/dev/null || skip "no namespaces here"
	BOOT_NET=1 exec unshare --net --mount sh "$0"
fi
ip link set lo up && ip address add 10.0.2.2/32 dev lo && mount -t tmpfs tmpfs /run || exit 1
. "$top/tests/lib/e2e.sh"

boot_image() {
	boot_fix=$(O=$O sh "$top/tests/lib/boot_image.sh" 2>"$WORK/fixture.err")
	case $? in
	0) ;;
	77) skip "$(tail -n 1 "$WORK/fixture.err")" ;;
	*)
		cat "$WORK/fixture.err" >&2
		die "the image could not be made"
		;;
	esac
	img=$(for_nobody "$boot_fix/$1.img") || exit 1
}

boot_tftp() {
	tftp=$WORK/tftp
	mkdir -m 777 "$tftp" || exit 1
}

boot_serve() {
	mkdir -p /run/rpcbind /run/sendsigs.omit.d
	rpcbind -f -w >"$WORK/rpcbind.log" 2>&1 </dev/null &
	boot_rpcbind=$!
	at_exit 'kill $boot_rpcbind'
	until_ok 60 rpcinfo -p 127.0.0.1 >/dev/null 2>&1 || die "rpcbind does not answer"
	serve nfsport=2049 mountport=20048 rpcbind
	rpcinfo -p 127.0.0.1 | grep -q mountd || die "the NFS server is not registered"
}

boot_start() {
	boot_st=$WORK/boot.$1
	mkdir -p "$boot_st" || exit 1
	mkfifo "$boot_st/tty.in" "$boot_st/tty.out" || exit 1
	# Kept open for both, so that neither end ever waits for the other to open or sees an end.
	exec 7<>"$boot_st/tty.in" 8<>"$boot_st/tty.out"
	cat "$boot_st/tty.out" >"$boot_st/shell" 7>&- 8>&- &
	echo $! >"$boot_st/cat.pid"
	exec 8>&-
	# Two virtual processors are faster, but hang one boot in six.
	qemu-system-x86_64 -nodefaults -display none -no-reboot -M q35 -accel tcg,thread=multi -cpu max -smp 1 -m 1024 \
		-kernel "$2/kernel8.img" -initrd "$2/initramfs8" -append "$(cat "$2/cmdline.txt")" \
		-serial "file:$boot_st/console" -chardev "pipe,id=tty,path=$boot_st/tty" -serial chardev:tty \
		-object rng-random,id=rng,filename=/dev/urandom -device virtio-rng-pci,rng=rng \
		-netdev user,id=net -device virtio-net-pci,netdev=net,addr=0x3,romfile= >"$boot_st/qemu" 2>&1 </dev/null &
	echo $! >"$boot_st/pid"
	date +%s >"$boot_st/started"
	echo 0 >"$boot_st/lines"
	at_exit "boot_kill '$1'"
}

boot_is_gone() {
	! kill -0 "$(cat "$WORK/boot.$1/pid")" 2>/dev/null
}

# Asks systemd: what it writes to the console ends at times when the login prompt is there.
boot_up() {
	# shellcheck disable=SC2016 # expanded in the machine
	boot_state=$(boot_do "$1" 'while :; do s=$(systemctl is-system-running 2>/dev/null)
case $s in running | degraded | maintenance) break ;; *) sleep 2 ;; esac; done; echo "$s"' "$boot_limit")
	echo "$1: ${boot_state:-not up} after $(($(date +%s) - $(cat "$WORK/boot.$1/started"))) s"
	[ "$boot_state" = running ] || [ "$boot_state" = degraded ]
}

# The shell's prompt shows that it listens; what is sent before is lost.
boot_has_prompt() {
	boot_is_gone "$1" || grep -q -a '#' "$WORK/boot.$1/shell"
}

boot_has_answer() {
	boot_is_gone "$1" || grep -q -a "^@@END $2 " "$WORK/boot.$1/shell"
}

boot_do() {
	boot_st=$WORK/boot.$1
	boot_n=$(($(cat "$boot_st/lines") + 1))
	echo $boot_n >"$boot_st/lines"
	if [ $boot_n -eq 1 ]; then
		until_ok "${3:-60}" boot_has_prompt "$1" || return 125
		# A shell that edits lines would print them again.
		printf '%s\n' "stty -echo -onlcr; SYSTEMD_COLORS=0 PS1= PS2= exec sh" >"$boot_st/tty.in"
	fi
	printf '%s\n' "echo; echo @@DO $boot_n; { $2; } 2>&1; rc=\$?; echo; echo @@END $boot_n \$rc" >"$boot_st/tty.in"
	until_ok "${3:-60}" boot_has_answer "$1" $boot_n || return 125
	boot_is_gone "$1" && return 125
	sed -n "/^@@DO $boot_n\$/,/^@@END $boot_n /p" "$boot_st/shell" | sed -e 1d -e '$d' | sed '${/^$/d}'
	return "$(sed -n "s/^@@END $boot_n //p" "$boot_st/shell")"
}

boot_is() {
	boot_got=$(boot_do "$1" "$2")
	boot_rc=$?
	[ "$boot_got" = "$3" ] || bad "in '$1': $2: '$boot_got' (status $boot_rc), want '$3'"
}

# Some seconds are usual; what hangs, hangs for ever.
boot_off() {
	boot_do "$1" 'systemctl poweroff' >/dev/null
	until_ok 120 boot_is_gone "$1" || bad "'$1' does not switch itself off"
	grep -q -a 'Power down' "$WORK/boot.$1/console" || bad "'$1' ended without switching off"
	boot_kill "$1"
}

boot_kill() {
	for boot_f in pid cat.pid; do
		[ ! -e "$WORK/boot.$1/$boot_f" ] || kill -s KILL "$(cat "$WORK/boot.$1/$boot_f")" 2>/dev/null
	done
	return 0
}

boot_log() {
	tail -n 40 "$WORK/boot.$1/console" | tr -d '\r' | cut -c 1-200
}
