# --update with --dry-run, --checksum, --delete and --protect: what is said is what happens, and only that.
. "$top/tests/lib/e2e.sh"
need_loop
use_fixture plain
mount_ro "$img" "$WORK/mnt"
serve
url=$(ganesha_url srv /root)
extract --allow-loss=symlink-times "$img" "$url"
want_rc 0
r=$exp/root

state() {
	find "$r" -printf '%P %y %m %U:%G %s %T@ %C@\n' | sort | cksum
}

ganesha_stop srv
mkdir -p "$r/extra/deep/er" "$r/own/logs"
echo x >"$r/extra/deep/er/file"
echo x >"$r/extra/keep.pid"
echo mine >"$r/own/logs/1"
rm -r "$r/sizes/bytes-59"
mkdir "$r/sizes/bytes-59"
echo x >"$r/sizes/bytes-59/in-the-way"
chmod 0700 "$r/modes/dir-0644"
# Same size, same mtime, another content: only --checksum can see it. And only the mtime: no reason to write.
printf Z | dd of="$r/sizes/bytes-4097" bs=1 count=1 conv=notrunc 2>/dev/null
touch -r "$WORK/mnt/sizes/bytes-4097" "$r/sizes/bytes-4097"
touch "$r/sizes/bytes-8192"
printf cut >"$r/sizes/bytes-4096"
touch -r "$WORK/mnt/sizes" "$r/sizes"
ganesha_run srv || die "the server does not start again"
url=$(ganesha_url srv /root)

# Nothing there yet: all is new, and stays so.
extract --update --dry-run "$img" "$(ganesha_url srv /not/yet)"
want_rc 0
[ ! -e "$exp/not" ] || bad "--dry-run made a directory"
want_out 'cd+++++++++ ./'
# as many lines as the mounted image has names
[ "$(wc -l <"$WORK/out")" -eq "$(find "$WORK/mnt" -printf x | wc -c)" ] || bad "not everything is listed as new"
want_out "cL+++++++++ symlinks/absolute -> $(readlink "$WORK/mnt/symlinks/absolute")"

before=$(state)
extract --update --dry-run --delete --protect=/own,*.pid --allow-loss=symlink-times "$img" "$url"
want_rc 0
[ "$before" = "$(state)" ] || bad "--dry-run changed something"
want_out '>f.st...... sizes/bytes-4096'
want_out '>f..t...... sizes/bytes-8192'
want_out '.d...p..... modes/dir-0644/'
want_out '*deleting   extra/'
grep -q 'bytes-59$' "$WORK/out" || bad "nothing of the blocked file"
grep -q 'own\|bytes-4097' "$WORK/out" && bad "too much is told"
cp "$WORK/out" "$WORK/lines"
extract --json --update --dry-run --delete --protect=/own,*.pid --allow-loss=symlink-times "$img" "$url"
want_rc 0
[ "$before" = "$(state)" ] || bad "--dry-run changed something"
# the same changes as the lines
want_json "len(j['changes']) == $(wc -l <"$WORK/lines")"
want_json "{'item': '.d...p.....', 'path': 'modes/dir-0644'} in j['changes']"
want_json "{'item': '*deleting', 'path': 'extra'} in j['changes']"
want_json "j['status'] == 0 and j['update']['deleted'] == 0"

extract --json --update --checksum --allow-loss=symlink-times --delete --protect=/own --protect="*.pid" "$img" "$url"
want_rc 0
want_json "j['stored'] == j['planned']"
want_json "j['update']['deleted'] == 3 and j['requests']['READ'] > 0"
[ "$(cat "$r/own/logs/1")" = mine ] || bad "something protected was touched"
[ "$(cd "$r/extra" && find . | sort | tr '\n' ' ')" = ". ./keep.pid " ] || bad "extra: $(find "$r/extra")"
extract --json --update --delete --allow-loss=symlink-times "$img" "$url"
want_rc 0
want_json "j['update']['deleted'] == 5"
same_tree "$WORK/mnt" "$r"

# A directory that is not empty when all that it was said to hold is gone is listed again; not for ever.
. "$top/tests/lib/nfsproxy.sh"
for n in 2 1; do
	mkdir -p "$r/more$n/a" "$r/more$n/b/c"
	touch "$r/more$n/a/file" "$r/more$n/b/c/file"
	proxy_start px srv status=13:66:$n
	extract --json --no-check --window=1 --update --delete --allow-loss=symlink-times "$img" \
		"$(proxy_url px srv /root)"
	proxy_stop px
	[ $n = 2 ] || break
	want_rc 0
	want_json "j['update']['deleted'] == 6 and j['requests']['RMDIR'] == 7"
	same_tree "$WORK/mnt" "$r"
done
want_rc 4
want_err "cannot remove 'c': NFS3ERR_NOTEMPTY"
extract --update --delete --allow-loss=symlink-times "$img" "$url"
want_rc 0

# What is protected is not replaced, and made when it is not there.
ganesha_stop srv
echo mine >"$r/sizes/bytes-1"
rm -r "$r/modes"
ganesha_run srv || die "the server does not start again"
url=$(ganesha_url srv /root)
extract --json --update --delete --protect=/sizes,/modes --allow-loss=symlink-times "$img" "$url"
want_rc 0
[ "$(cat "$r/sizes/bytes-1")" = mine ] || bad "a protected file was replaced"
[ -d "$r/modes/dir-0644" ] || bad "what is protected and absent was not made"
extract --update --allow-loss=symlink-times "$img" "$url"
want_rc 0
same_tree "$WORK/mnt" "$r"
for o in --verify --manifest="$WORK/m"; do
	extract --update --dry-run "$o" "$img" "$url"
	want_rc 2
	want_err 'leave out --verify and --manifest'
done
for o in --checksum --delete --protect=x --dry-run; do
	extract "$o" "$img" "$url"
	want_rc 2
	want_err "needs --update"
done
e2e_end
