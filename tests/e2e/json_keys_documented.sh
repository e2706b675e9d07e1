# Every member of every JSON output is in the manual's part about that command, and every one that stands there exists.
# Reports and progress fit the JSON Schema that is installed.
. "$top/tests/lib/e2e.sh"
. "$top/tests/lib/tiny_image.sh"
need_loop
cd "$WORK" || exit 1
need jq jsonschema
tiny_image x.img -O encrypt
mknod "$WORK/tiny/dev" b 1 2
mkfifo "$WORK/tiny/fifo"
mkdir "$WORK/tiny/boot"
echo kernel >"$WORK/tiny/boot/vmlinuz"
setfattr -n user.x -v y "$WORK/tiny/empty" 2>/dev/null
truncate -s 16M x.img
mke2fs -q -F -t ext4 -b 1024 -E root_owner=0:0 -L tiny -d "$WORK/tiny" x.img || die "mke2fs failed"
chmod a+r x.img
img=$(for_nobody "$WORK/x.img") || die "no image for nobody"
printf 'label: gpt\nsize=20M\n' >table
truncate -s 24M parts.img
sfdisk -q parts.img <table || skip "sfdisk cannot"
dd if=x.img of=parts.img bs=1M seek=1 conv=notrunc 2>/dev/null
serve squashed squash=Root_Squash
serve

# fits FILE: each object in it is what the schema describes.
fits() {
	rm -f one.*
	jq -c . "$1" | split -a 4 -l 1 - one.
	for one in one.*; do
		PYTHONWARNINGS=ignore jsonschema -i "$one" "$schema" >fit.out 2>&1 || {
			echo "$1, $one does not fit the schema: $(tail -n 5 fit.out)"
			failed=1
		}
	done
}
schema=$top/src/cli/report.schema.json
echo '{"phase": "store", "last": 1, "seconds": 0}' >wrong
jsonschema -i wrong "$schema" >/dev/null 2>&1 && die "the schema takes everything"

# take PART FILE: one part of the manual, what was written for it.
take() {
	case $1 in
	'' | *progress | *destinations | *verify) fits "$2" ;;
	esac
	python3 - "$top/src/cli/img2nfs-json.5" "$1" "$2" <<'EOP' || failed=1
import json, re, sys
manual, part, path = sys.argv[1:4]
text = open(manual).read()
text = text[text.index("\n.Sh JSON\n"):]
text = text[1:text.index("\n.Sh ", 1) + 1]
head, *parts = re.split(r"^\.Ss ", text, flags=re.M)
parts = {p.split("\n", 1)[0]: p.split("\n", 1)[1] for p in parts}
text = parts[part] if part else head

# the words after a Cm, up to the next macro
def words_of(text):
    words = set()
    for line in text.split("\n"):
        macro = re.match(r"\.(?:It |Pq |Fl \S+ Ns = Ns )?Cm (.*)", line)
        if macro:
            words |= {w for w in re.sub(r"\bNo\b.*", "", macro[1]).split() if re.match(r"[a-z]", w)}
    return words

words = words_of(text)
known = words | words_of(head) | words_of(parts["JSON of verify"])	# "as above"
# "as in JSON of list", "as in JSON of progress"
known |= words_of(parts["JSON of list"][parts["JSON of list"].index(".Cm filesystem"):])
known |= set("packed packed_total unpacked spooled".split())

keys = set()
def walk(v):
    if isinstance(v, dict):
        for k, w in v.items():
            keys.add(k[:-7] if k.endswith("_base64") else k)
            walk(w)
    elif isinstance(v, list):
        for w in v:
            walk(w)

data, at, dec = open(path).read(), 0, json.JSONDecoder()
while data[at:].strip():
    at += len(data[at:]) - len(data[at:].lstrip())
    v, at = dec.raw_decode(data, at)
    walk(v)
procs = {k for k in keys if k.isupper()}
classes = set("missing extra type mode owner size mtime content target rdev links acl".split())
unknown = keys - procs - known - (classes if part in ("", "JSON of verify") else set())
if unknown:
    print("not in the manual's JSON part '%s': %s" % (part, " ".join(sorted(unknown))))
gone = words - keys - {"json", "stat", "extract"}	# these are a value and two commands
if gone:
    print("in the manual's JSON part '%s' and never written: %s" % (part, " ".join(sorted(gone))))
sys.exit(1 if unknown or gone else 0)
EOP
}

url=$(ganesha_url srv /root)
: >all
: >lines
for o in '' --update '--update --dry-run' '--update --verify'; do
	# shellcheck disable=SC2086 # several words
	extract --json --progress=json $o "$img" "$url"
	cat "$WORK/out" >>all
	grep '^{' "$WORK/err" >>lines
done
extract --json --atomic --allow-loss=all "$img" "$(ganesha_url srv /swapped)"
cat "$WORK/out" >>all
extract --json --update --dry-run "$img" "$(ganesha_url srv /new)"
cat "$WORK/out" >>all
extract --json --netboot=debian --hostname=other --dry-run "$img" "$(ganesha_url srv /new)"
cat "$WORK/out" >>all
PATH=$PATH:/usr/sbin "$O/img2nfs" extract --json --boot "$WORK/card.img" x.img null: >>all 2>/dev/null
gzip -c "$img" >"$WORK/x.img.gz"
extract --json --progress=json --update "$(for_nobody "$WORK/x.img.gz")" "$url"
cat "$WORK/out" >>all
grep '^{' "$WORK/err" >>lines
extract --json "$WORK/nothing" "$url"
cat "$WORK/out" >>all
extract --json --netboot=generic "$img" "$(ganesha_url srv /netboot)"
cat "$WORK/out" >>all
take '' all
take 'JSON of progress' lines

ganesha_stop srv	# it keeps what it has seen
echo more >"$exp/root/empty"
touch "$exp/root/extra"
ganesha_run srv || die "the server does not start again"
as_nobody "$bin" verify --json "$img" "$url" >all
as_nobody "$bin" verify --json "$WORK/nothing" "$url" >>all 2>/dev/null
take 'JSON of verify' all
as_nobody "$bin" extract --json "$img" "$(ganesha_url srv '/many/{a,b}')" >all 2>/dev/null
as_nobody "$bin" extract --json --update --dry-run "$img" "$(ganesha_url srv '/many/{a,b}')" >>all 2>/dev/null
as_nobody "$bin" extract --json "$WORK/nothing" "$(ganesha_url srv '/many/{a,b}')" >>all 2>/dev/null
take 'JSON of several destinations' all
as_nobody "$bin" check --json "$url" "$img" >all
as_nobody "$bin" check --json "$(ganesha_url squashed)" >>all
as_nobody "$bin" check --json "$url" "$WORK/nothing" >>all 2>/dev/null
take 'JSON of check' all
"$O/img2nfs" list --json parts.img >all
"$O/img2nfs" list --json x.img >>all
take 'JSON of list' all
"$O/img2nfs" ls --json x.img >all
for f in / /empty /link /big /dev; do
	"$O/img2nfs" stat --json "x.img:$f" >>all
done
take 'JSON of ls and stat' all
echo 'root=/dev/sda1 ip=off' | "$O/img2nfs" lint-cmdline --json - >all
take 'JSON of lint-cmdline' all
e2e_end
