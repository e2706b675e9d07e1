# A good copy has no differences. Then one property of each class is changed behind the server's
# back: each is found, with its class and message, and nothing else is; by the image, and by the
# manifest made from it.
. "$top/tests/lib/e2e.sh"
need_root "the VFS export of nfs-ganesha"
use_fixture plain
serve
url=$(ganesha_url srv /root)
t=$exp/root

verify() {
	as_nobody "$bin" verify "$@" >"$WORK/out" 2>"$WORK/err" </dev/null
	rc=$?
}

extract --quiet "$img" "$url"
want_rc 1
"$bin" manifest "$img" >"$WORK/manifest" 2>"$WORK/err" || die "no manifest"
"$bin" manifest "$img" 2>&1 >"$WORK/manifest.2" | grep -q "'holes/far': more than 64 GiB of holes: no digest" ||
	die "the missing digest is not told"
cmp "$WORK/manifest" "$WORK/manifest.2" || die "two manifests of one image differ"
objects=$(find "$t" -mindepth 1 -printf 'x\n' | wc -l)

verify --json "$img" "$url"
want_rc 0
want_json "j['differences']['count'] == 0 and j['compared'] == $objects and j['not_read'] == 0"
want_json "j['tolerated']['symlink_times'] == $(find "$t" -type l -printf '%i\n' | sort -u | wc -l)"
# All bytes of all files but the holes of one of 1 TiB.
want_json "j['bytes_compared'] >= 28000000 and 1 << 39 < j['tolerated']['hole_bytes'] <= 1 << 40"
verify "$WORK/manifest" "$url"
want_rc 0
want_out "0 differences; compared $objects objects"

ganesha_stop srv

# keep FILE COMMAND...: the command, but FILE's mtime stays.
keep() {
	keep_f=$1
	shift
	touch -r "$keep_f" "$WORK/stamp"
	"$@" || die "cannot: $*"
	touch -r "$WORK/stamp" "$keep_f"
}
flip() {	# FILE OFFSET
	keep "$1" python3 -c "
import sys
f = open(sys.argv[1], 'r+b')
f.seek($2)
b = f.read(1)[0]
f.seek($2)
f.write(bytes([b ^ 1]))" "$1"
}

cd "$t" || exit 1
chmod 0600 modes/file-0644
chmod 0711 .
chown 7:8 sizes/bytes-59
touch -d @1400000000.5 sizes/bytes-4095
keep sizes/bytes-4097 truncate -s 4096 sizes/bytes-4097
flip sizes/bytes-1048579 700000
flip holes/hole-between 1500000
keep symlinks ln -sfn else/where symlinks/dot
keep times sh -c 'rm times/fifo-2; touch times/fifo-2'
keep special sh -c 'touch -r special/block-1-3 stamp; rm special/block-1-3
	mknod -m 660 special/block-1-3 b 1 4; touch -r stamp special/block-1-3; rm stamp'
keep hard_links sh -c 'cp -p hard_links/many x; mv x hard_links/many'
keep wide sh -c 'ln -f wide/entry-00324 wide/entry-02355; rm wide/entry-00967
	mkdir -p wide/extra.dir/below; : >"wide/extra
file"'
below=$(find deep/l0 -mindepth 1 -printf 'x\n' | wc -l)
keep deep rm -r deep/l0
touch -d @1500000000.123456789 .
cd "$top" || exit 1
ganesha_run srv || die "the server does not start again"

mtime() {
	TZ=UTC debugfs -R "stat \"$2\"" "$1" 2>/dev/null |
		sed -n 's/^ mtime: 0x\([0-9a-f]*\):\([0-9a-f]*\).*/\1 \2/p' |
		python3 -c "
s, x = input().split()
print('%d.%09d' % (int(s, 16), int(x, 16) >> 2))"
}
m95=$(mtime "$img" /sizes/bytes-4095)
m24=$(mtime "$img" /wide/entry-00324)
m55=$(mtime "$img" /wide/entry-02355)
LC_ALL=C sort >"$WORK/want" <<EOW
mode     '.': mode 0711 instead of 0755
mode     'modes/file-0644': mode 0600 instead of 0644
owner    'sizes/bytes-59': owner 7:8 instead of 0:0
mtime    'sizes/bytes-4095': mtime 1400000000.500000000 instead of $m95
size     'sizes/bytes-4097': size 4096 instead of 4097
content  'sizes/bytes-1048579': its content differs from byte 700000 on: xxh3-128 GOT instead of WANT
content  'holes/hole-between': its content differs from byte 1500000 on: xxh3-128 GOT instead of WANT
target   'symlinks/dot': target 'else/where' instead of '.'
type     'times/fifo-2': a file instead of a FIFO
rdev     'special/block-1-3': device 1:4 instead of 1:3
missing  'wide/entry-00967': it is not there
missing  'deep/l0': it is not there, nor are the $below objects below it
extra    'wide/extra.dir': a directory that should not be there, not looked into
extra    'wide/extra\nfile': something that should not be there
mtime    'wide/entry-02355': mtime $m24 instead of $m55
EOW
# Which of two names of one object is told depends on the order in which the server lists.
check_out() {
	sed -n '/^[0-9]* difference/!p' "$WORK/out" | sed '/^ /d; /^Not compared/d' |
		sed -e 's/xxh3-128 [0-9a-f]* instead of [0-9a-f]*/xxh3-128 GOT instead of WANT/' |
		LC_ALL=C sort >"$WORK/got.lines"
	grep -v '^links' "$WORK/got.lines" >"$WORK/got"
	diff "${1:-$WORK/want}" "$WORK/got" || bad "differences are not as wanted"
	grep '^links' "$WORK/got.lines" >"$WORK/got.links"
	[ "$(wc -l <"$WORK/got.links")" -eq 2 ] || bad "links: $(cat "$WORK/got.links")"
	grep -q "^links    'wide/entry-0[02]3[25][45]': it is the same file as 'wide/entry-0[02]3[25][45]', which it should not be\$" \
		"$WORK/got.links" || bad "the joined files are not told"
	grep -q "^links    'hard_links/many': its 301 names are not one file: 'hard_links/[^']*' is another one\$" \
		"$WORK/got.links" || bad "the parted file is not told"
}

verify "$img" "$url"
want_rc 6
check_out
verify --json "$img" "$url"
want_rc 6
want_json "j['status'] == 6 and j['differences']['missing'] == 2 + $below"
want_json "j['differences']['extra'] == 2 and j['differences']['content'] == 2"
want_json "[o['path'] for o in j['differences']['objects'] if o['class'] == 'type'] == ['times/fifo-2']"
want_json "sum(j['differences'][c] for c in ('missing', 'extra', 'type', 'mode', 'owner', 'size', 'mtime', 'content',
	'target', 'rdev', 'links')) == j['differences']['count']"

verify "$WORK/manifest" "$url"
want_rc 6
sed 's/its content differs from byte [0-9]* on/its content differs/' "$WORK/want" >"$WORK/want.manifest"
check_out "$WORK/want.manifest"

# What is allowed to be lost is no difference.
verify --allow-loss=attr --json "$img" "$url"
want_rc 6
want_json "j['differences']['mode'] + j['differences']['owner'] + j['differences']['mtime'] == 0"
want_json "j['tolerated']['attr'] == 5"

# Nothing to compare with.
verify "$img" "$(ganesha_url srv /nothing-here)"
want_rc 4
want_err "there is no '/export/nothing-here' on the server"
[ ! -e "$exp/nothing-here" ] || bad "verify made something"
e2e_end
