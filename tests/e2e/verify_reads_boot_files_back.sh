# --verify reads the boot files back, too, wherever they went: a directory, a card, a server. What differs there is told with
# its path, and the exit status says so; what else is in a TFTP root is others' business.
. "$top/tests/lib/e2e.sh"
. "$top/tests/lib/nfsproxy.sh"
. "$top/tests/lib/boot_tree.sh"
boot_rig
preload=$(for_nobody "$O/tests/tools/spoil.so") || die "no spoil.so for nobody"
far=${TMPDIR:-/var/tmp}/img2nfs-boot-proof.$$
mkdir -m 777 "$far" || die "no $far"
at_exit "rm -rf '$far'"
files=$(find tree -type f | wc -l) objects=$(find tree -mindepth 1 | wc -l)
n=0

# store NAME AT OPTION...: a new root, with a disk that spoils the boot file NAME after it was written; AT "": it vanishes.
# That one is without the sandbox, because the disk is in the program, which could not do it; NAME none: nothing is spoilt.
store() {
	n=$((n + 1))
	spoil_name=$1 spoil_at=$2
	shift 2
	[ "$spoil_name" = none ] || set -- --no-sandbox "$@"
	as_nobody env ASAN_OPTIONS=verify_asan_link_order=0 LD_PRELOAD="$preload" SPOIL_NAME="$spoil_name" \
		${spoil_at:+SPOIL_AT="$spoil_at"} "$bin" extract --verify --netboot --allow-loss=symlink-times "$@" "$img" \
		"$(ganesha_url srv /root$n)" >"$WORK/out" 2>"$WORK/err" </dev/null
	rc=$?
}

mkdir -m 777 "$far/tftp" && echo other >"$far/tftp/other"
store none '' --boot="$far/tftp"
want_rc 0
want_out "Boot files read back and compared: 0 differences; compared $objects objects"
store kernel8.img 5000 --boot="$far/tftp"
want_rc 6
want_out "content  'boot:kernel8.img': other content"
want_out "Boot files read back and compared: 1 difference"
store config.txt '' --json --boot="$far/tftp" --serial=9ffefdef
want_rc 6
want_json 'j["boot"]["verify"]["differences"] == 1 and j["verify"]["differences"]["count"] == 0'
want_json '[(o["path"], o["class"]) for o in j["verify"]["differences"]["objects"]] == [("boot:config.txt", "missing")]'

store none '' --json --boot="$far/card.img"
want_rc 0
want_json 'j["boot"]["verify"]["differences"] == 0 and j["boot"]["verify"]["compared"] == '"$objects"
# inside of a file; the signature of the partition table; the sector size in the boot sector
at=$(python3 -c '
import sys
card = open(sys.argv[1], "rb").read()
kernel = open("tree/kernel8.img", "rb").read()
print(card.index(kernel[4096:8192]))' "$far/card.img")
store card.img "$at" --boot="$far/card.img"
want_rc 6
want_out "content  'boot:kernel8.img': other content"
store card.img 510 --boot="$far/card.img"
[ "$rc" -ne 0 ] || bad "a card without a partition table is good"
want_err 'boot files, read back: '
store card.img $((8192 * 512 + 11)) --boot="$far/card.img"
[ "$rc" -ne 0 ] || bad "a card without a file system is good"
want_err 'boot files, read back'

# On a server: other files and the directory itself are not ours. The network changes a byte of what is read back.
mkdir "$exp/tftp" && echo other >"$exp/tftp/other" && chmod 700 "$exp/tftp"
store none '' --json --boot="$(ganesha_url srv /tftp)"
want_rc 0
want_json 'j["boot"]["verify"]["differences"] == 0 and j["boot"]["verify"]["compared"] == '"$objects"
proxy_start rotten srv rot
store none '' --json --boot="$(proxy_url rotten srv /tftp2)"
want_rc 6
large=$(find tree -type f -size +8 | wc -l)
[ "$large" -gt 1 ] || die "no file is large"
want_json 'j["boot"]["complete"] and j["boot"]["files"] == '"$files"
want_json 'j["boot"]["verify"]["differences"] == '"$large"
want_json 'all(o["class"] == "content" and o["path"][:5] == "boot:" for o in j["verify"]["differences"]["objects"])'

# several boards: each its own
extract --json --verify --netboot --allow-loss=symlink-times --boot="$far/tftp/{}" "$img" "$(ganesha_url srv '/many/{a,b}')"
want_rc 0
want_json 'all(d["boot"]["verify"]["compared"] == '"$objects"' and d["boot"]["verify"]["differences"] == 0 for d in j["destinations"])'
e2e_end
