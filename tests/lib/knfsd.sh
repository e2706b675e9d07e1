# knfsd.sh - throw-away Linux kernel NFS servers, each in a machine of its own. Source test.sh first.
#
#	knfsd_start NAME [OPTION...]	boots it (skips the test where that cannot be); exports /srv/export
#	knfsd_url NAME [PATH]		prints nfs://ADDRESS/srv/export[PATH]?version=3&nfsport=N&mountport=M;
#					version=4 with I2N_TEST_VERSION=4 in the environment
#	knfsd_at NAME			sets $knf_addr (ADDRESS), $knf_np, $knf_mp (ports), $knf_us (our own
#					address on the way there)
#	knfsd_do NAME 'COMMAND'		runs a line in the machine's busybox sh; its output, its status
#	knfsd_export NAME OPTIONS	exports /srv/export anew: rw,async,insecure,no_root_squash,...
#	knfsd_disk NAME			sets $disk to a folder with what the server's disk has now, mounted
#					read-only by the kernel here; writes wait until knfsd_thaw
#	knfsd_thaw NAME
#	knfsd_restart NAME		the NFS server's threads end and start: another write verifier
#	knfsd_crash NAME		SIGKILL and a new start at the same address, with the same disk and
#					exports: what was not on the disk is gone
#	knfsd_stop NAME			switches it off, at once; at exit this happens by itself
#
# Options: size=N         megabytes of the disk (default 2048, sparse)
#          image=IMAGE    not a server but a client, where a machine is a process: the host's root is its
#                         root, read-only; the file systems of such options are mounted as /mnt/a, /mnt/b,
#                         ... (uml_client.sh)
#          tmpfs          no disk, but a tmpfs of that size in the machine
#          export=WORDS   as knfsd_export (default rw,async,insecure,no_root_squash,no_subtree_check);
#                         with sync instead of async every CREATE waits for the disk: five times as long
#          mkfs=WORDS     further options of mke2fs
#          memory=N       megabytes (default 512)
#
# The disk is ext4 with ACLs, mounted at /srv in the machine. Everything is in $WORK/knfsd.NAME/.
#
# The machine is a process, user-mode Linux, reached over a network interface of its own, where there is a
# kernel for it and root may make interfaces: it boots in three seconds. Else, and with I2N_KNFSD=qemu, it is
# one of qemu's: without KVM it boots in five to fifteen seconds and answers some 800 requests a second; it is
# reached over ports of 127.0.0.1, and a client's source port is kept in both.

knfsd_dir() {
	echo "$WORK/knfsd.$1"
}

# Sets knf_vm to the folder of kernel and initrd, or skips.
knfsd_need() {
	need mke2fs
	knf_vm=$O/fixtures/knfsd
	knf_recipe=$top/fixtures/recipes/knfsd_vm.sh
	mkdir -p "$O/fixtures" || exit 1
	# Tests run side by side: one makes it, the others wait.
	(
		flock 9
		cmp -s "$knf_recipe" "$knf_vm/recipe" && exit 0
		sh "$knf_recipe" "$knf_vm" 2>"$WORK/knfsd.err" || exit
		cp "$knf_recipe" "$knf_vm/recipe"
	) 9>"$O/fixtures/knfsd.lock"
	case $? in
	0) ;;
	77) skip "$(tail -n 1 "$WORK/knfsd.err")" ;;
	*)
		cat "$WORK/knfsd.err" >&2
		die "the virtual machine could not be made"
		;;
	esac
	[ -z "${I2N_KNFSD:-}" ] || return 0
	I2N_KNFSD=qemu
	if [ "$(id -u)" -eq 0 ] && [ -e "$knf_vm/linux.uml" ] && [ -c /dev/net/tun ] && command -v ip >/dev/null; then
		I2N_KNFSD=uml
	fi
	[ $I2N_KNFSD = uml ] || need qemu-system-x86_64
}

knfsd_start() {
	knf_name=$1 knf_size=2048 knf_export=rw,async,insecure,no_root_squash,no_subtree_check knf_mkfs='' knf_mem=512 knf_disk='' knf_images=0
	shift
	knfsd_need
	knf_st=$(knfsd_dir "$knf_name")
	rm -rf "$knf_st"
	mkdir -p "$knf_st" || exit 1
	for knf_o; do
		case $knf_o in
		size=*) knf_size=${knf_o#*=} ;;
		tmpfs) knf_disk=tmpfs ;;
		image=*)
			ln -s "${knf_o#*=}" "$knf_st/image$knf_images"
			knf_images=$((knf_images + 1))
			;;
		export=*) knf_export=${knf_o#*=} ;;
		mkfs=*) knf_mkfs=${knf_o#*=} ;;
		memory=*) knf_mem=${knf_o#*=} ;;
		*) die "knfsd_start: unknown option $knf_o" ;;
		esac
	done
	if [ $knf_images -gt 0 ]; then
		[ $I2N_KNFSD = uml ] || skip "a client's machine wants root, user-mode Linux and /dev/net/tun"
	elif [ "$knf_disk" ]; then
		knf_disk=${knf_size}m knf_export=$knf_export,fsid=1
	else
		truncate -s "${knf_size}M" "$knf_st/disk"
		# shellcheck disable=SC2086 # words wanted
		mke2fs -q -F -t ext4 -E lazy_itable_init=1 $knf_mkfs "$knf_st/disk" || die "mke2fs failed"
	fi
	echo "$knf_export" >"$knf_st/export"
	echo "$knf_disk" >"$knf_st/tmpfs"
	echo "$knf_mem" >"$knf_st/memory"
	at_exit "knfsd_stop '$knf_name'; knfsd_unplug '$knf_name'"
	knf_try=0
	while :; do
		"knfsd_plug_$I2N_KNFSD" "$knf_st"
		knfsd_run "$knf_name" && return 0
		if [ $I2N_KNFSD = uml ]; then
			echo "user-mode Linux does not run here; trying qemu" >&2
			knfsd_unplug "$knf_name"
			I2N_KNFSD=qemu
			need qemu-system-x86_64
			continue
		fi
		knf_try=$((knf_try + 1))
		if [ $knf_try -ge 8 ] || ! grep -q 'Could not set up host forwarding' "$knf_st/log"; then
			die "the machine '$knf_name' did not start"
		fi
	done
}

# A network, for as long as the test runs: "ADDRESS NFSPORT MOUNTPORT CLIENT" in the file net. Of RFC 2544's addresses
# for benchmarks, which nobody routes.
knfsd_plug_uml() {
	knf_n=1
	while ! ip tuntap add dev "i2n$knf_n" mode tap 2>/dev/null; do
		knf_n=$((knf_n + 1))
		[ $knf_n -le 250 ] || die "cannot make a network interface: $(ip tuntap add dev "i2n$knf_n" mode tap 2>&1)"
	done
	echo "i2n$knf_n" >"$1/nic"
	echo "198.18.$knf_n.2 2049 20048 198.18.$knf_n.1" >"$1/net"
	ip addr add "198.18.$knf_n.1/24" dev "i2n$knf_n" && ip link set "i2n$knf_n" up || die "cannot set up i2n$knf_n"
}

knfsd_plug_qemu() {
	od -An -N4 -tu2 /dev/urandom | awk '{ print "127.0.0.1", 20000 + $1 % 6000, 26000 + $2 % 6000, "127.0.0.1" }' >"$1/net"
}

knfsd_unplug() {
	knf_st=$(knfsd_dir "$1")
	[ ! -e "$knf_st/nic" ] || ip link del "$(cat "$knf_st/nic")"
	rm -f "$knf_st/nic"
}

# Start the machine described in its folder. 1 when its ports are taken, or it does not come up: on a busy host an emulated
# machine may miss its own time limits, so that is tried three times.
knfsd_run() {
	for knf_time in 1 2 3; do
		knfsd_boot "$1" && return 0
		tail -n 20 "$knf_st/log" "$knf_st/console" >&2
		knfsd_stop "$1"
		! grep -q 'Could not set up host forwarding' "$knf_st/log" || return 1
		echo "start $knf_time of the machine '$1' failed" >&2
	done
	return 1
}

knfsd_boot() {
	knfsd_at "$1"
	rm -f "$knf_st/ctl.in" "$knf_st/ctl.out" "$knf_st/pid"
	mkfifo "$knf_st/ctl.in" "$knf_st/ctl.out" || exit 1
	: >"$knf_st/console"
	(
		exec 8<>"$knf_st/ctl.out"
		"knfsd_${I2N_KNFSD}_machine" >"$knf_st/log" 2>&1 </dev/null 8>&- &
		echo $! >"$knf_st/pid.new"
		mv "$knf_st/pid.new" "$knf_st/pid"
		wait $! 2>/dev/null
		echo '@@GONE' >&8
		# Somebody may be about to read it.
		sleep 1
	) >/dev/null &
	knfsd_hear "$1" '@@UP' 180 >/dev/null
}

# knfsd_append DISK GUEST/HOST: prints what the machine's init reads in the kernel's command line.
knfsd_append() {
	knf_disk=$(cat "$knf_st/tmpfs")
	echo "quiet panic=-1 knfsd_disk=${knf_disk:-$1} knfsd_net=$2 knfsd_export=$(cat "$knf_st/export")"
}

# What reaches the disk is in this machine's memory and outlives a killed process; nothing has to be flushed for that.
knfsd_uml_machine() {
	if [ -e "$knf_st/image0" ]; then
		for knf_o in "$knf_st"/image*; do
			set -- "$@" "ubd${knf_o#"$knf_st"/image}dr=$knf_o"
		done
		set -- "$@" rootfstype=hostfs rootflags=/ ro init="$top/tests/lib/uml_client.sh" \
			knfsd_modules="$knf_vm/uml"
	else
		set -- initrd="$knf_vm/initrd.uml"
		[ ! -e "$knf_st/disk" ] || set -- "$@" "ubd0d=$knf_st/disk"
	fi
	# shellcheck disable=SC2046 # words wanted
	exec setsid "$knf_vm/linux.uml" mem="$(cat "$knf_st/memory")M" "$@" \
		uml_dir="$knf_st/" umid=machine con=null con0=fd:0,fd:5 ssl1=fd:3,fd:4 \
		"vec0:transport=tap,ifname=$(cat "$knf_st/nic"),depth=128,gro=1" \
		$(knfsd_append /dev/ubda "$knf_addr/$knf_us") 3<>"$knf_st/ctl.in" 4<>"$knf_st/ctl.out" 5>>"$knf_st/console"
}

knfsd_qemu_machine() {
	# A /dev/kvm without the processor's help (kvm_pvm) does not run this kernel.
	knf_accel=tcg,thread=multi
	[ ! -w /dev/kvm ] || ! grep -q -w -E 'vmx|svm' /proc/cpuinfo || knf_accel=kvm
	# Nothing that is measured against a timer when it boots: a busy host makes it wrong, or a panic.
	knf_clock='no_timer_check tsc=unstable clocksource=hpet'
	[ ! -e "$knf_st/disk" ] || set -- -drive file="$knf_st/disk",if=virtio,format=raw,cache=unsafe,discard=unmap
	exec qemu-system-x86_64 -nodefaults -display none -no-reboot -accel "$knf_accel" -cpu qemu64 -smp 2 "$@" \
		-m "$(cat "$knf_st/memory")" -kernel "$knf_vm/vmlinuz" -initrd "$knf_vm/initrd" \
		-append "console=ttyS0 $knf_clock $(knfsd_append /dev/vda 10.0.2.15/10.0.2.2)" \
		-serial file:"$knf_st/console" -chardev pipe,id=ctl,path="$knf_st/ctl" -serial chardev:ctl \
		-nic "user,model=virtio-net-pci,restrict=on,hostfwd=tcp:127.0.0.1:$knf_np-:2049,hostfwd=tcp:127.0.0.1:$knf_mp-:20048"
}

# knfsd_hear NAME WORD SECONDS: prints what the machine says up to a line that begins with WORD, and
# returns the number in that line.
knfsd_hear() {
	# shellcheck disable=SC2016 # expanded there
	timeout "$3" sh -c '
		while IFS= read -r line; do
			line=${line%"$(printf "\r")"}
			case $line in
			"$2") exit 0 ;;
			"$2 "*) exit "${line##* }" ;;
			@@GONE) exit 125 ;;
			*) printf "%s\n" "$line" ;;
			esac
		done <>"$1"
		exit 1' sh "$(knfsd_dir "$1")/ctl.out" "$2"
}

knfsd_do() {
	[ -e "$(knfsd_dir "$1")/pid" ] || return 125
	printf '%s\n' "$2" >"$(knfsd_dir "$1")/ctl.in"
	knfsd_hear "$1" '@@END' "${3:-60}"
}

knfsd_at() {
	knf_st=$(knfsd_dir "$1")
	read -r knf_addr knf_np knf_mp knf_us <"$knf_st/net"
}

knfsd_url() {
	knfsd_at "$1"
	echo "nfs://$knf_addr/srv/export${2:-}?version=${I2N_TEST_VERSION:-3}&nfsport=$knf_np&mountport=$knf_mp"
}

# /etc/exports is what a restart reads.
knfsd_export() {
	echo "$2" >"$(knfsd_dir "$1")/export"
	knfsd_do "$1" "echo '/srv/export *($2)' >/etc/exports; exportfs -ra; exportfs -f" || die "cannot export: $2"
}

knfsd_disk() {
	knf_st=$(knfsd_dir "$1")
	knfsd_do "$1" 'sync; fsfreeze --freeze /srv' || die "cannot freeze the disk of '$1'"
	disk=$knf_st/mnt
	mkdir -p "$disk"
	mount -t ext4 -o ro,noload,loop "$knf_st/disk" "$disk" || die "cannot mount the disk of '$1'"
}

knfsd_thaw() {
	umount "$(knfsd_dir "$1")/mnt"
	knfsd_do "$1" 'fsfreeze --unfreeze /srv' || die "cannot thaw the disk of '$1'"
}

knfsd_restart() {
	knfsd_do "$1" 'rpc.nfsd 0; rpc.nfsd 8' || die "the server of '$1' did not start again"
}

knfsd_crash() {
	knfsd_stop "$1"
	knfsd_run "$1" || die "the machine '$1' did not start again"
}

knfsd_stop() {
	knf_st=$(knfsd_dir "$1")
	! mountpoint -q "$knf_st/mnt" || umount "$knf_st/mnt"
	[ -e "$knf_st/pid" ] || return 0
	knf_pid=$(cat "$knf_st/pid")
	rm -f "$knf_st/pid"
	# The processes of user-mode Linux are children of its kernel's, in a session of their own.
	kill -s KILL -- "-$knf_pid" 2>/dev/null || kill -s KILL "$knf_pid" 2>/dev/null
	until_ok 20 knfsd_is_gone "$knf_pid"
}

knfsd_is_gone() {
	! kill -0 "$1" 2>/dev/null
}
