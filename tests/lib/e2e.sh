# e2e.sh - run the program against a real NFS server and look at what arrived. Sources test.sh and
# ganesha.sh.
#
#	img=$(fixture plain)			an image, or the test is skipped
#	small_disk NAME MEGABYTES INODES	what can become full, for the next
#	serve [NAME] [GANESHA OPTION...]	VFS server NAME (default srv) on $WORK/NAME.exp; sets $exp
#	extract [OPTION...] IMAGE URL		as nobody; sets $rc; output in $WORK/out and $WORK/err
#	want_rc N; want_err TEXT; want_out TEXT; want_json 'python expression' (j = the JSON on stdout)
#	same_tree MOUNTED ARRIVED [dirdump option...]

. "$top/tests/lib/test.sh"
. "$top/tests/lib/ganesha.sh"

PATH=$PATH:/usr/sbin:/sbin
bin=$(for_nobody "$O/img2nfs") || exit 1
failed=0

fixture() {
	case $1 in
	debian) fixture_path=$(O=$O sh "$top/tests/lib/debian_image.sh" 2>"$WORK/fixture.err") ;;
	*) fixture_path=$(O=$O sh "$top/tests/lib/small_image.sh" "$1" 2>"$WORK/fixture.err") ;;
	esac
	case $? in
	0) for_nobody "$fixture_path" ;;
	77)
		cat "$WORK/fixture.err" >&2
		# In $(...) an exit ends only the substitution; the caller uses `|| exit`.
		echo "skip: $(tail -n 1 "$WORK/fixture.err")" >"$WORK/skip"
		return 77
		;;
	*)
		cat "$WORK/fixture.err" >&2
		return 1
		;;
	esac
}

# use_fixture KIND: sets img, or ends the test as skipped.
use_fixture() {
	img=$(fixture "$1")
	case $? in
	0) ;;
	77) cat "$WORK/skip"; exit 77 ;;
	*) die "no fixture $1" ;;
	esac
	! is_v4 || [ "$1" != plain ] || without_referral
}

# To nfs-ganesha's NFSv4 a directory with the sticky bit and without any x bit is a referral
# (e2e/nfs4_tree_arrives); this image has one.
without_referral() {
	cp --sparse=always "$img" "$WORK/plain4.img" &&
		debugfs -w -R 'set_inode_field /modes/dir-1644 mode 041755' "$WORK/plain4.img" >"$WORK/plain4.log" 2>&1 ||
		die "cannot change the image"
	img=$(for_nobody "$WORK/plain4.img") || die "no image for nobody"
}

# small_disk NAME MEGABYTES INODES: a file system of its own where `serve NAME` exports; sets $exp. Not tmpfs, which
# nfs-ganesha 6 does not export.
small_disk() {
	exp=$WORK/$1.exp
	truncate -s "$2M" "$WORK/$1.disk"
	mke2fs -q -F -t ext4 -O ^has_journal,^resize_inode -b 4096 -m 0 -N "$3" "$WORK/$1.disk" || die "mke2fs failed"
	mkdir -p "$exp"
	mount -o loop "$WORK/$1.disk" "$exp" || die "cannot mount a small disk"
	at_exit "umount '$WORK/$1.exp'"
	rmdir "$exp/lost+found"
}

serve() {
	serve_name=srv
	case ${1:-} in
	'' | *=* | ro | secure) ;;
	*)
		serve_name=$1
		shift
		;;
	esac
	exp=$WORK/$serve_name.exp
	mkdir -p "$exp"
	ganesha_start "$serve_name" vfs "$exp" "$@"
}

extract() {
	as_nobody "$bin" extract "$@" >"$WORK/out" 2>"$WORK/err" </dev/null
	rc=$?
}

bad() {
	echo "$*"
	echo "--- stderr:"
	head -c 4000 "$WORK/err"
	echo "--- stdout:"
	head -c 2000 "$WORK/out"
	failed=1
}

want_rc() {
	[ "$rc" -eq "$1" ] || bad "exit status is $rc, want $1"
}

want_err() {
	grep -qF -e "$(in_version "$1")" "$WORK/err" || bad "stderr lacks '$1'"
}

want_out() {
	grep -qF -e "$(in_version "$1")" "$WORK/out" || bad "stdout lacks '$1'"
}

json() {
	python3 -c "
import json, sys
j = json.load(open(sys.argv[1]))
def loss(c):
    return sum(l['count'] for l in j['losses'] if l['class'] == c)
print(eval(sys.argv[2]))" "$WORK/out" "$1"
}

want_json() {
	want_json_got=$(json "$1" 2>&1)
	[ "$want_json_got" = True ] || bad "not true: $1 ($want_json_got)"
}

want_empty() {
	want_empty_n=$(find "$1" -mindepth 1 2>/dev/null | head -n 3)
	[ -z "$want_empty_n" ] || bad "not empty: $1 has $want_empty_n"
}

# What a mounted image shows against what arrived: no difference but for the times of symlinks,
# which ganesha's VFS cannot set (nfs-ganesha issue 983), and holes may be kept less well by 64 KiB
# a file, but not lost. With same_times= those of symlinks are compared, too.
same_times=-S
same_tree() {
	same_a=$1 same_b=$2
	shift 2
	"$O/tests/tools/dirdump" $same_times -b "$@" "$same_a" >"$WORK/want.all" || die "cannot list $same_a"
	"$O/tests/tools/dirdump" $same_times -b "$@" "$same_b" >"$WORK/got.all" || die "cannot list $same_b"
	for same_f in want got; do
		sed -e 's/	data=[0-9]*//' -e 's/	alloc=[0-9]*$//' "$WORK/$same_f.all" >"$WORK/$same_f"
	done
	same_n=$(wc -l <"$WORK/want")
	[ "$same_n" -gt 1 ] || bad "the tree to compare with is empty"
	if ! diff "$WORK/want" "$WORK/got" >"$WORK/diff"; then
		echo "$(grep -c '^[<>]' "$WORK/diff") lines differ ('<' is the kernel's mount, '>' what arrived):"
		head -n 20 "$WORK/diff" | cut -c 1-300
		failed=1
	fi
	awk -F '	' -v slack=65536 '
		{
			alloc = substr($NF, 7) + 0
			data = 0
			for (i = 1; i <= NF; i++)
				if ($i ~ /^data=/)
					data = substr($i, 6) + 0
		}
		NR == FNR { a[$1] = alloc; d[$1] = data; next }
		$2 == "-" && (alloc > a[$1] + slack || data > d[$1] + slack) {
			print "holes were filled: " $1 ": " alloc " bytes allocated, " data " of data;" \
				" in the image " a[$1] ", " d[$1]
			bad = 1
		}
		END { exit bad }' "$WORK/want.all" "$WORK/got.all" || failed=1
	echo "$same_n objects compared"
}

# The number of inodes that are symlinks: what a server without symlink times cannot keep.
count_symlinks() {
	find "$1" -type l -printf '%i\n' | sort -u | wc -l
}

e2e_end() {
	exit "$failed"
}
