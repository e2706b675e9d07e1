# Where root is squashed, --squashed=script stores what the server takes and writes a script that,
# run as root on the server, leaves no difference: owners, modes, devices, capabilities, all times;
# names with newlines, quotes and leading dashes; run twice, it changes nothing more.
. "$top/tests/lib/e2e.sh"
need_loop
need getcap
serve squash=Root_Squash
chmod 777 "$exp"
out=$WORK/out.d
mkdir "$out"
chmod 777 "$out"

complete() {	# KIND
	sh "$out/$1.sh" "$exp/$1" >"$WORK/script.out" 2>&1
	rc=$?
	want_rc 0
	[ ! -s "$WORK/script.out" ] || {
		head -n 5 "$WORK/script.out"
		failed=1
	}
}

# Without dirdump's -S: the script sets the times of symlinks, too.
compare() {	# KIND
	"$O/tests/tools/dirdump" -a "$WORK/$1.mnt" >"$WORK/want.d"
	"$O/tests/tools/dirdump" -a "$exp/$1" >"$WORK/got.d"
	# Reading a symlink's target changes its atime. A shell that enters a path of more than PATH_MAX
	# reads the folders on the way to find out where it is.
	for f in want got; do
		sed 's/	data=[0-9]*//' "$WORK/$f.d" | awk -F '	' -v OFS='	' '
			$2 == "l" || $1 == "." || $1 ~ /^.\/deep/ {
				for (i = 1; i <= NF; i++)
					if ($i ~ /^atime=/)
						$i = ""
			}
			{ print }' >"$WORK/$f"
	done
	diff "$WORK/want" "$WORK/got" >"$WORK/diff" || {
		echo "$(grep -c '^[<>]' "$WORK/diff") lines differ for $1"
		head -n 10 "$WORK/diff" | cut -c 1-200
		failed=1
	}
	echo "$(wc -l <"$WORK/want") objects of $1 compared"
}

for kind in plain loss; do
	use_fixture $kind
	mount_ro "$img" "$WORK/$kind.mnt"
	extract --json --squashed=script --script="$out/$kind.sh" "$img" "$(ganesha_url srv "/$kind")"
	want_rc 1
	want_err "run there as root: sh $out/$kind.sh DIRECTORY"
	want_json 'j["not_stored"] == 0 and j["failed"]["count"] == 0'
	want_json "loss('attr') > 0"
	complete $kind
	compare $kind
	# Again: nothing breaks.
	complete $kind
	compare $kind
done
(cd "$WORK/loss.mnt" && getcap -r . | sort) >"$WORK/caps.want"
(cd "$exp/loss" && getcap -r . | sort) >"$WORK/caps.got"
[ -s "$WORK/caps.want" ] || bad "the image has no capabilities"
diff "$WORK/caps.want" "$WORK/caps.got" || failed=1

# The specification beside it lists every object; bsdtar reads it where there is one.
n=$(find "$WORK/plain.mnt" | tr -dc '\n' | wc -c)
m=$(grep -vc '^#' "$out/plain.sh.mtree")
[ "$m" -gt 1000 ] || bad "the mtree file has only $m lines, the tree $n"

# What it must refuse: the wrong directory, being no root.
mkdir "$WORK/wrong"
sh "$out/plain.sh" "$WORK/wrong" >"$WORK/script.out" 2>&1
rc=$?
want_rc 2
grep -q 'this is not the directory' "$WORK/script.out" || bad "no reason: $(cat "$WORK/script.out")"
want_empty "$WORK/wrong"
as_nobody sh "$out/plain.sh" "$exp/plain" >"$WORK/script.out" 2>&1
rc=$?
want_rc 2

# A destination that another made cannot be completed over NFS.
mkdir "$exp/foreign"
chmod 777 "$exp/foreign"
extract --squashed=script --script="$out/x.sh" "$img" "$(ganesha_url srv /foreign)"
want_rc 4
want_err 'belongs to uid 0'
want_empty "$exp/foreign"
[ ! -e "$out/x.sh" ] || bad "a script was written although nothing was stored"

# Without it, or where nothing is squashed, all is as always.
extract "$img" "$(ganesha_url srv /refused)"
want_rc 4
want_err 'instead of 0'
[ ! -e "$exp/refused" ] || bad "something was stored"
serve open
extract --squashed=script --script="$out/y.sh" --allow-loss=all "$img" "$(ganesha_url open /a)"
want_rc 0
[ ! -e "$out/y.sh" ] || bad "a script was written although root is not squashed"
e2e_end
