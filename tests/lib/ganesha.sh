# ganesha.sh - throw-away nfs-ganesha servers on 127.0.0.1, without rpcbind. Source test.sh first.
#
#	ganesha_start NAME vfs DIR [OPTION...]	as root; DIR must exist and is exported as /export
#	ganesha_start NAME mem - [OPTION...]	as an ordinary user (nobody, when root runs the test); exports /export
#	ganesha_url NAME [PATH]			prints nfs://127.0.0.1/export[PATH]?version=3&nfsport=N&mountport=M;
#						version=4 with I2N_TEST_VERSION=4 in the environment
#	ganesha_query NAME			prints version=3&nfsport=N&mountport=M
#	ganesha_stop NAME [SIGNAL]		ends it and waits for its end; at exit this happens by itself
#	ganesha_restart NAME			starts it again: same ports, same options, same export
#	ganesha_knows NAME, ganesha_knows_nobody NAME	are there clients of NFSv4 with a lease?
#	is_v4; only_v3 REASON; in_version TEXT	for tests that run over both: I2N_TEST_VERSION
#
# Options: ro             read-only export
#          squash=WORD    Root_Squash, All_Squash, ... (default No_Root_Squash)
#          secure         only privileged source ports, as `secure` in /etc/exports
#          epoch=N        the write verifier; else the second of the start
#          grace=SECONDS  NFSv4 grace period after a start, and the lease (default none, and 60)
#          lease=SECONDS  the NFSv4 lease, after which a silent client is forgotten (nfs-ganesha 6 would
#                         remember it for a day), without a grace period
#          nfsport=N mountport=N    instead of free ones
#          addr=ADDRESS   instead of 127.0.0.1
#          rpcbind        registered with rpcbind, which must run, and at all addresses
#
# A start waits for the line in the server's log that says it is up. Everything it writes is in
# $WORK/ganesha.NAME/ (log, pid, conf). Never delete below DIR while it runs: it keeps handles and
# answers from its cache; use fresh folders.

# Two different ports below the range that systems give to clients. Only a proposal: when one is
# taken, the server says so and the start tries others.
ganesha_ports() {
	od -An -N4 -tu2 /dev/urandom | awk '{ p = 20000 + $1 % 6000; print p, 26000 + $2 % 6000 }'
}

ganesha_dir() {
	echo "$WORK/ganesha.$1"
}

ganesha_pid() {
	cat "$(ganesha_dir "$1")/pid" 2>/dev/null
}

# What 4.3 does not know. From 5 on it ends when it lacks a right that containers rarely give.
ganesha_newer() {
	case $(ganesha.nfsd -v 2>/dev/null) in
	*V[5-9]* | *V[1-9][0-9]*) printf '\tallow_set_io_flusher_fail = true;\n' ;;
	esac
}

ganesha_conf() {	# STATE FSAL PATH NFSPORT MOUNTPORT ACCESS SQUASH PRIVILEGED GRACELESS SECONDS ADDRESS
	cat <<EOC
NFS_CORE_PARAM {
	NFS_Port = $4;
	MNT_Port = $5;
	Bind_addr = ${11};
	Protocols = 3, 4;
	Enable_NLM = false;
	Enable_RQUOTA = false;
	Enable_UDP = false;
	mount_path_pseudo = true;
	fsid_device = true;
	Dbus_Name_Prefix = p$4;
$(ganesha_newer)}
NFS_KRB5 {
	Active_krb5 = false;
}
MEM {
	Inode_Size = 65536;
}
NFSv4 {
	Graceless = $9;
	Grace_Period = ${10};
	Lease_Lifetime = ${10};
	Only_Numeric_Owners = true;
	Allow_Numeric_Owners = true;
	RecoveryBackend = fs;
	RecoveryRoot = $1/recovery;
${12}}
EXPORT {
	Export_Id = 1;
	Path = $3;
	Pseudo = /export;
	Access_Type = $6;
	Squash = $7;
	PrivilegedPort = $8;
	SecType = sys;
	Protocols = 3, 4;
	Transports = TCP;
	FSAL { Name = $2; }
}
EOC
}

ganesha_start() {
	gan_name=$1 gan_fsal=$2 gan_path=$3
	shift 3
	need ganesha.nfsd
	gan_st=$(ganesha_dir "$gan_name")
	gan_access=RW gan_squash=No_Root_Squash gan_priv=false gan_epoch='' gan_np='' gan_mp=''
	gan_graceless=true gan_lease=60 gan_addr=127.0.0.1 gan_forget=''
	for gan_o; do
		case $gan_o in
		ro) gan_access=RO ;;
		squash=*) gan_squash=${gan_o#*=} ;;
		secure) gan_priv=true ;;
		epoch=*) gan_epoch=${gan_o#*=} ;;
		grace=*) gan_graceless=false gan_lease=${gan_o#*=} ;;
		lease=*) gan_lease=${gan_o#*=} gan_forget='	Expired_Client_Threshold = 0;
' ;;
		nfsport=*) gan_np=${gan_o#*=} ;;
		mountport=*) gan_mp=${gan_o#*=} ;;
		rpcbind) gan_addr=0.0.0.0 ;;
		addr=*) gan_addr=${gan_o#*=} ;;
		*) die "ganesha_start: unknown option $gan_o" ;;
		esac
	done
	rm -rf "$gan_st"
	mkdir -p "$gan_st/recovery" || exit 1
	case $gan_fsal in
	vfs)
		need_root "the VFS export of nfs-ganesha"
		ls /usr/lib/*/ganesha/libfsalvfs.so >/dev/null 2>&1 || skip "nfs-ganesha-vfs is not installed"
		gan_path=$(cd "$gan_path" && pwd -P) || exit 1
		;;
	mem)
		ls /usr/lib/*/ganesha/libfsalmem.so >/dev/null 2>&1 || skip "nfs-ganesha-mem is not installed"
		gan_path=/export
		# The work folder may be out of nobody's reach.
		if [ "$(id -u)" -eq 0 ]; then
			gan_far=$(mktemp -d "${TMPDIR:-/var/tmp}/img2nfs-ganesha.XXXXXX") || exit 1
			# When the test is over, its log lies with the others.
			at_exit "rm -f '$gan_st'; mv '$gan_far' '$gan_st'"
			mv "$gan_st/recovery" "$gan_far/"
			cp "$O/tests/tools/norpcbind.so" "$gan_far/"
			rm -rf "$gan_st"
			ln -s "$gan_far" "$gan_st"
			chown -R 65534:65534 "$gan_far"
			gan_st=$gan_far
		fi
		;;
	*) die "ganesha_start: unknown kind $gan_fsal" ;;
	esac
	gan_fixed=$gan_np$gan_mp
	gan_try=0
	at_exit "ganesha_stop '$gan_name' KILL"
	while :; do
		if [ -z "$gan_fixed" ]; then
			# shellcheck disable=SC2046 # two words wanted
			set -- $(ganesha_ports)
			gan_np=$1 gan_mp=$2
		fi
		gan_up=$(echo "$gan_fsal" | tr a-z A-Z)
		ganesha_conf "$gan_st" "$gan_up" "$gan_path" "$gan_np" "$gan_mp" "$gan_access" \
			"$gan_squash" "$gan_priv" "$gan_graceless" "$gan_lease" "$gan_addr" "$gan_forget" >"$gan_st/conf"
		printf '%s\n' "$gan_np" >"$gan_st/nfsport"
		printf '%s\n' "$gan_mp" >"$gan_st/mountport"
		printf '%s\n' "$gan_fsal" >"$gan_st/fsal"
		printf '%s\n' "$gan_epoch" >"$gan_st/epoch"
		ganesha_try "$gan_name" && return 0
		gan_try=$((gan_try + 1))
		if [ -n "$gan_fixed" ] || [ $gan_try -ge 8 ] || ! grep -q 'Address already in use' "$gan_st/log"; then
			tail -n 20 "$gan_st/log" >&2
			die "nfs-ganesha '$gan_name' did not start"
		fi
	done
}

# Start the server described in its folder, at its ports: another test's server or connection may have them, for a moment.
ganesha_run() {
	gan_again=30
	until ganesha_try "$1"; do
		gan_again=$((gan_again - 1))
		[ $gan_again -gt 0 ] && grep -q 'Address already in use' "$(ganesha_dir "$1")/log" || return 1
		sleep 1
	done
}

# The same, once. 1 when it ended before it was up, or is not up in two minutes.
ganesha_try() {
	gan_st=$(cd -P "$(ganesha_dir "$1")" && pwd -P) || exit 1
	gan_as='' gan_pre=$O/tests/tools/norpcbind.so
	gan_epoch=$(cat "$gan_st/epoch")
	if [ "$(cat "$gan_st/fsal")" = mem ]; then
		[ "$(id -u)" -ne 0 ] || gan_as=nobody
		[ ! -e "$gan_st/norpcbind.so" ] || gan_pre=$gan_st/norpcbind.so
	fi
	[ -e "$gan_pre" ] || die "$gan_pre is not built (make tools)"
	[ ! -e "$gan_st/log" ] || mv "$gan_st/log" "$gan_st/log.before"
	# With exec $! is the server itself.
	(
		cd / || exit 1
		set -- ganesha.nfsd -F -L "$gan_st/log" -p "$gan_st/pid.own" -f "$gan_st/conf" \
			${gan_epoch:+-E "$gan_epoch"}
		[ -z "$gan_as" ] || set -- setpriv --reuid=65534 --regid=65534 --clear-groups "$@"
		grep -q 'Bind_addr = 0' "$gan_st/conf" || export LD_PRELOAD="$gan_pre"
		exec "$@"
	) >"$gan_st/out" 2>&1 </dev/null &
	gan_pid=$!
	echo "$gan_pid" >"$gan_st/pid"
	until_ok 120 ganesha_is_up_or_gone "$gan_st" "$gan_pid" || return 1
	kill -0 "$gan_pid" 2>/dev/null && grep -q 'NFS SERVER INITIALIZED' "$gan_st/log" || return 1
	# It also says that it is up when it exports nothing.
	if grep 'Could not create export' "$gan_st/log" >&2; then
		[ "${failed:-0}" = 0 ] || exit 1
		! grep -q 'resolve_posix_filesystem.*No such file' "$gan_st/log" ||
			skip "this nfs-ganesha exports no $(stat -f -c %T "$(sed -n 's/.*Path = \(.*\);/\1/p' "$gan_st/conf")")"
		[ -e /etc/mtab ] || echo "nfs-ganesha needs /etc/mtab: ln -s ../proc/self/mounts /etc/mtab" >&2
		die "nfs-ganesha '$1' does not export its folder"
	fi
}

ganesha_is_up_or_gone() {
	grep -q 'NFS SERVER INITIALIZED' "$1/log" 2>/dev/null || ! kill -0 "$2" 2>/dev/null
}

# The codes in this text as the version that is spoken calls them.
in_version() {
	case ${I2N_TEST_VERSION:-3} in
	3) printf '%s\n' "$1" ;;
	*) printf '%s\n' "$1" | sed -e 's/NFS3ERR_ACCES/NFS4ERR_ACCESS/g' -e 's/NFS3ERR_/NFS4ERR_/g' ;;
	esac
}

# This test says nothing of NFSv4, because...
only_v3() {
	[ "${I2N_TEST_VERSION:-3}" = 3 ] || skip "only with NFSv3: $1"
}

is_v4() {
	[ "${I2N_TEST_VERSION:-3}" = 4 ]
}

# It keeps a folder for each, so that it knows them after a start.
ganesha_knows() {
	find "$(ganesha_dir "$1")/recovery/" -name '*127.0.0.1*' | grep -q .
}

ganesha_knows_nobody() {
	! ganesha_knows "$1"
}

ganesha_query() {
	gan_st=$(ganesha_dir "$1")
	echo "version=${I2N_TEST_VERSION:-3}&nfsport=$(cat "$gan_st/nfsport")&mountport=$(cat "$gan_st/mountport")"
}

ganesha_url() {
	echo "nfs://127.0.0.1/export${2:-}?$(ganesha_query "$1")"
}

ganesha_stop() {
	gan_pid=$(ganesha_pid "$1")
	[ -n "$gan_pid" ] || return 0
	rm -f "$(ganesha_dir "$1")/pid"
	kill -s "${2:-TERM}" "$gan_pid" 2>/dev/null
	# A clean end takes ganesha some seconds; one that hangs is killed.
	until_ok 20 ganesha_is_gone "$gan_pid" || kill -s KILL "$gan_pid" 2>/dev/null
	wait "$gan_pid" 2>/dev/null
	return 0
}

# A zombie that this shell has not waited for still answers kill -0.
ganesha_is_gone() {
	! kill -0 "$1" 2>/dev/null || case $(ps -o stat= -p "$1" 2>/dev/null) in Z* | '') true ;; *) false ;; esac
}

ganesha_restart() {
	ganesha_stop "$1" KILL
	ganesha_run "$1" || {
		tail -n 20 "$(ganesha_dir "$1")/log" >&2
		die "nfs-ganesha '$1' did not start again"
	}
}
