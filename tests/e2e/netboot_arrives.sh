# What --netboot edited arrives as it was edited, and all that comes after takes the edited tree for the tree: --verify,
# --manifest, --update (twice: nothing to do; another name of the same length: one file), --squashed=script, a pipe. The
# image has a file with two names, of which one is edited.
. "$top/tests/lib/e2e.sh"
. "$top/tests/lib/netboot_expect.sh"
need mke2fs
sh "$top/fixtures/rpi_trees.sh" used "$WORK/used" || die "no tree"
mkdir "$WORK/used/backup"
ln "$WORK/used/etc/fstab" "$WORK/used/backup/fstab"
ln "$WORK/used/etc/fstab" "$WORK/used/a-fstab"
chown 1000:1001 "$WORK/used/etc/fstab"
chmod 640 "$WORK/used/etc/fstab"
find "$WORK/used" -exec touch -h -d '2024-07-01 12:00:00 UTC' {} +
netboot_image "$WORK/used" "$WORK/used.img"
img=$(for_nobody "$WORK/used.img") || die "no image for nobody"

cp -a "$WORK/used" "$WORK/want"
rm "$WORK/want/etc/fstab"			# an edited name is a file of its own
: >"$WORK/want/etc/fstab"
netboot_expect used "$WORK/want"
chown 1000:1001 "$WORK/want/etc/fstab"
chmod 640 "$WORK/want/etc/fstab"
mkdir -m 700 "$WORK/want/lost+found"
find "$WORK/want" -exec touch -h -d '2024-07-01 12:00:00 UTC' {} +

same_as_wanted() {	# DIR
	for d in want "$1"; do
		"$O/tests/tools/dirdump" -S "$WORK/$d" | grep -v '^\./lost+found' |
			awk -F '	' -v OFS='	' '$1 == "." { for (i = 1; i <= NF; i++) if ($i ~ /^mtime=/) $i = "" } { print }' \
				>"$WORK/dump.$(basename "$d")"
	done
	diff "$WORK/dump.want" "$WORK/dump.$(basename "$1")" || {
		echo "the tree in $1 (>) is not the expected one (<)"
		failed=1
	}
}

serve
edits='--netboot --new-identity --hostname=hall --nfsroot=192.0.2.7:/srv/pi,vers=3,tcp --allow-loss=symlink-times'
out=$WORK/out.d
mkdir -m 777 "$out"
# shellcheck disable=SC2086 # several words
extract $edits --json --verify --manifest="$out/manifest" "$img" "$(ganesha_url srv /root)"
want_rc 0
want_json 'j["netboot"]["profile"] == "rpi" and j["verify"]["differences"]["count"] == 0'
want_json '{e["path"] for e in j["netboot"]["edits"] if e["edit"] == "fstab"} == {"etc/fstab"}'
want_json 'sum(e["edit"] == "ssh-keys" and e["action"] == "removed" for e in j["netboot"]["edits"]) == 6'
same_as_wanted srv.exp/root
as_nobody "$bin" verify "$out/manifest" "$(ganesha_url srv /root)" >/dev/null
rc=$?
want_rc 0
as_nobody "$bin" verify "$img" "$(ganesha_url srv /root)" >"$WORK/differs"
rc=$?
want_rc 6
grep -q 'etc/fstab' "$WORK/differs" || die "verify does not see the edits"

for round in 1 2; do
	# shellcheck disable=SC2086 # several words
	extract $edits --json --update "$img" "$(ganesha_url srv /root)"
	want_rc 0
	want_json 'j["update"]["replaced"] == 0 and j["update"]["attributes"] == 0 and j["bytes_written"] == 0'
	want_json 'j["update"]["equal"] == j["planned"]["total"] and j["update"]["extra"] == 0'
done
extract $edits --hostname=door --json --update "$img" "$(ganesha_url srv /root)"
want_rc 0
want_json 'j["update"]["replaced"] == 2'
[ "$(cat "$exp/root/etc/hostname")" = door ] || die "a name of the same length was not stored"
extract $edits --update --dry-run "$img" "$(ganesha_url srv /root)"
want_rc 0
want_out '+hall'
grep -q '^>f.* etc/hostname$' "$WORK/out" || die "the dry run has not the change at the server: $(cat "$WORK/out")"
extract $edits --atomic "$img" "$(ganesha_url srv /root)"
want_rc 0
same_as_wanted srv.exp/root

# the rest of the tree cannot be known before all of the stream has come
gzip -c "$WORK/used.img" >"$WORK/used.img.gz"
# shellcheck disable=SC2086 # several words
as_nobody "$bin" extract $edits --quiet - "$(ganesha_url srv /piped)" <"$WORK/used.img.gz" 2>"$WORK/err" ||
	die "from a pipe: $(cat "$WORK/err")"
same_as_wanted srv.exp/piped

serve squashed squash=Root_Squash
chmod 777 "$exp"
# shellcheck disable=SC2086 # several words
extract $edits --squashed=script --script="$out/complete.sh" "$img" "$(ganesha_url squashed /root)"
sh "$out/complete.sh" "$exp/root" || die "the script failed"
same_as_wanted squashed.exp/root

# nothing is written when an edit cannot be done
rm -rf "$WORK/used/etc/fstab"
mkdir "$WORK/used/etc/fstab"
netboot_image "$WORK/used" "$WORK/bad.img"
extract --netboot "$(for_nobody "$WORK/bad.img")" "$(ganesha_url srv /never)"
want_rc 3
want_err "cannot edit 'etc/fstab': it is no regular file"
want_err '--no-edit fstab goes on without this edit'
[ ! -e "$WORK/srv.exp/never" ] || die "the destination was made"
e2e_end
