# --json: one valid JSON object, whatever the names; the members that the manual promises; exact names in base64.
. "$top/tests/lib/cli.sh"
. "$top/tests/lib/tiny_image.sh"
need jq
tiny_image x.img
# a name that is not UTF-8, on an object that will be reported
name=$(printf 'caf\351')
echo x >"$name"
debugfs -w -R "write $name $name" x.img >/dev/null 2>&1 || die "debugfs failed"
debugfs -w -R "sif /$name mode 0" x.img >/dev/null 2>&1
run 5 extract --json x.img null:
jq -e . out >/dev/null || die "not valid: $(cat out)"
[ "$(jq -r '.damaged.objects[0].path_base64' out)" = "$(printf 'caf\351' | base64)" ] || die "name: $(cat out)"
[ "$(jq -r '.damaged.objects[0].path' out)" = "$(printf 'caf\357\277\275')" ] || die "name for people: $(cat out)"
sed -n '/^\.Sh JSON/,/^\.El/s/^\.It Cm //p' "$top/src/cli/img2nfs-json.5" | tr -d ',' | tr ' ' '\n' | sed '/^$/d' >members
[ -s members ] || die "the manual lists no members"
while read -r m; do
	jq -e "has(\"$m\")" out >/dev/null || die "member $m is missing"
done <members
[ "$(jq -r 'keys | length' out)" -eq "$(wc -l <members)" ] || die "members that the manual does not have: $(jq -c keys out)"
[ "$(jq -r .stored.files out)" -eq 3 ] || die "stored.files"
[ "$(jq -r .seconds out | grep -c '^[0-9.]*$')" -eq 1 ] || die "seconds"
