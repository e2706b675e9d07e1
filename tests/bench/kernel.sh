# kernel.sh - a part of tests/bench/run: Linux' own NFS server and Linux' own NFS client, each in a machine that is a
# process (user-mode Linux, tests/lib/knfsd.sh). A system call in such a machine costs some 20 microseconds, whoever
# makes it; the server makes none, and has one processor.
#
# The server is the network `knfsd`: no proxy, a tmpfs in the machine. In the client, cp and rsync copy from the mounted
# image to a mount of nfs-ganesha on the host; img2nfs reads the image there, too. All have 8 seconds at most, and what has
# arrived then is counted. noacl: nfs-ganesha 4.3 answers SETACL of NFSACL with a broken reply.

# Sets what can run here: kernel=1, or says why not in $WORK/skipped.
kernel_look() {
	kernel=''
	if (knfsd_need >/dev/null && [ "$I2N_KNFSD" = uml ]) 2>"$WORK/kernel.err"; then
		knfsd_need
		kernel=1
	else
		echo "all Linux' own NFS server and client: need user-mode Linux, /dev/net/tun and ip" >>"$WORK/skipped"
	fi
}

kernel_start() {
	knfsd_start kern tmpfs size=5000 memory=6144
	knfsd_stop kern
	knfsd_start box memory=1536 image="$img_small" image="$(bare_image debian)" image="$img_large"
	knfsd_stop box
	# From there the server is at the host's address.
	knfsd_at box
	proxy_opts="-a $knf_us"
	for s in $settings; do
		[ "$s" = direct ] || proxy_start "box$s" srv -d "$s"
	done
	mkdir -p "$(ganesha_dir mnt)"
	cp "$(ganesha_dir srv)/mountport" "$(ganesha_dir mnt)/nfsport"
	proxy_start boxmnt mnt
	proxy_opts=''
}

# The letter of a tree's disk.
disk_of() {
	case $1 in
	small) echo a ;;
	debian) echo b ;;
	large) echo c ;;
	esac
}

box() {
	knfsd_do box "$1" 120 >"$WORK/box.out"
}

# in_box TREE SETTING COMMAND: COMMAND with /mnt/dst mounted; prints seconds, files=N kib=N.
in_box() {
	knfsd_at box
	box_ports="port=$(cat "$WORK/proxy.box$2/port"),mountport=$(cat "$WORK/proxy.boxmnt/port")"
	knfsd_run box && box "mount -i -t nfs -o vers=3,nolock,noacl,proto=tcp,mountproto=tcp,addr=$knf_us,$box_ports \
		$knf_us:/export /mnt/dst" || die "the client's machine cannot mount: $(cat "$WORK/box.out")"
	box_begin=$(date +%s.%N)
	box "$3"
	box_rc=$?
	box_took=$(date +%s.%N | awk -v b="$box_begin" '{ printf "%.3f", $1 - b }')
	[ $box_rc -eq 0 ] || [ $box_rc -eq 124 ] || die "'$3' failed: $(tail -n 3 "$WORK/box.out")"
	echo "$box_took files=$(find "$exp/tree" -type f | wc -l) kib=$(du -sk "$exp/tree" | cut -f 1)"
	knfsd_stop box
}

# 1000 of the small files: both begin with the directories they meet, and with all of them would not come further.
box_source() {
	case $1 in
	small) echo '/mnt/a/d000?' ;;
	*) echo "/mnt/$(disk_of "$1")/." ;;
	esac
}

run_box_cp() {
	in_box "$1" "$2" "mkdir /mnt/dst/tree && timeout 8 cp -a $(box_source "$1") /mnt/dst/tree"
}

run_box_rsync() {
	in_box "$1" "$2" "mkdir /mnt/dst/tree && timeout 8 rsync -aHAX $(box_source "$1") /mnt/dst/tree"
}

run_box_ours() {
	knfsd_at box
	in_box "$1" "$2" "timeout 8 setpriv --reuid=65534 --regid=65534 --clear-groups $bin extract --progress=none --allow-loss=all \
		/dev/ubd$(disk_of "$1") 'nfs://$knf_us/export/tree?version=3&nfsport=$(cat "$WORK/proxy.box$2/port"
		)&mountport=$(cat "$WORK/proxy.boxmnt/port")'"
}
