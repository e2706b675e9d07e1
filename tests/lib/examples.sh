# examples.sh - the examples of the manual and of README, taken from there and run as they are written. Source e2e.sh first.
#
#	page_examples FILE	of a page in mdoc: the lines shown as .Dl, continued ones joined, one a line
#	readme_examples FILE	of README: its indented lines, the same way
#	examples_begin		images, two servers and a folder that is nobody's
#	examples_run FILE	runs each line of FILE; what is not in tests/lib/examples.tsv fails
#
# As written, but for names that are somebody else's network (as_run): the server nas with its paths, and the TFTP root of
# this machine. curl and podman are stand-ins. Everything is run by nobody in one folder, each example into a tree of its own.
#
# examples.tsv: STATUS <tab> EXAMPLE; below it, indented by a tab, what must be true afterwards, in shell; after '<' and a
# tab what is done before it. Both may use the functions at the end of this file. STATUS - is text that is no command, and
# "root0" an example that root runs. A line that is of no example of either document is wrong, too (examples_unused).

. "$top/tests/lib/boot_tree.sh"

page_examples() {
	sed -n 's/^\.Dl //p' "$1" | sed -e 's/\\ / /g' -e 's/\\&//g' -e 's/\\e/\\/g' | join_lines
}
readme_examples() {
	awk '/^```/ { fenced = !fenced } !fenced && /^    [^ ]/ { on = 1 } !/^    / { on = 0 }
		on && !fenced { print substr($0, 5) }' "$1" | join_lines
}
join_lines() {
	sed -e ':a' -e '/\\$/{' -e 'N' -e 's/ *\\\n */ /' -e 'ba' -e '}' -e 's/  *$//'
}

# --- the world that they speak of ---

# root/: what the examples look for in a Linux system. No symbolic links: the test server cannot set their times.
example_root() {
	pi_root
	mkdir -p root/usr/bin root/usr/share/doc/base root/var/cache/apt root/usr/lib/python3 root/home root/var/log
	echo ping >root/usr/bin/ping
	chmod 755 root/usr/bin/ping
	echo su >root/usr/bin/su
	chmod 4755 root/usr/bin/su
	echo licence >root/usr/share/doc/base/copyright
	echo cached >root/var/cache/apt/pkgcache.bin
	echo code >root/usr/lib/python3/os.pyc
	echo 'print()' >root/usr/lib/python3/os.py
}

example_images() {
	boot_tree tree
	example_root
	pi_disk_of plain.img tree
	cp --sparse=always plain.img caps.img
	# cap_net_raw+ep, as setcap(8) writes it
	printf '\001\000\000\002\000\040\000\000\000\000\000\000\000\000\000\000\000\000\000\000' >caps.xattr
	debugfs -w -R 'ea_set -f caps.xattr /usr/bin/ping security.capability' 'caps.img?offset=20971520' \
		>debugfs.log 2>&1 || die "debugfs: $(cat debugfs.log)"
	example_older
	for ex_f in disk raspbian raspios my-pi rootfs openwrt; do
		cp --sparse=always plain.img $ex_f.img
	done
	xz -0 raspios.img
	gzip -1 openwrt.img
	zip -q images.zip rootfs.img plain.img && rm rootfs.img || die "zip"
}

# What was there before: another fstab, a mode, and files of the machine's own. Changed in an image, because a server does not
# see at once what is done behind its back.
example_older() {
	cp --sparse=always plain.img older.img
	echo mine >mine
	debugfs -w -f - 'older.img?offset=20971520' >debugfs.log 2>&1 <<EOD
rm /etc/fstab
write mine /etc/fstab
write mine /etc/mine
write mine /home/mine
set_inode_field /etc/os-release mode 0100600
EOD
	debugfs -R 'stat /home/mine' 'older.img?offset=20971520' 2>&1 | grep -q 'Type: regular' || die "$(cat debugfs.log)"
}

# Programs of which an example needs less than they are.
example_stubs() {
	mkdir stubs
	ln -s "$bin" stubs/img2nfs
	printf '#!/bin/sh\n[ "$*" = "-sL https://example.org/openwrt.img.gz" ] && exec cat openwrt.img.gz\nexit 6\n' >stubs/curl
	printf '#!/bin/sh\n[ "$1 $2" = "import -" ] && exec tar -tf - >"imported-$3"\nexit 125\n' >stubs/podman
	chmod +x stubs/*
}

examples_begin() {
	need mkfs.vfat mcopy sfdisk mke2fs debugfs xz gzip zip jq jsonschema zstd
	need_root "the VFS export of nfs-ganesha"
	export TZ=UTC LC_ALL=C.UTF-8
	ex_table=$top/tests/lib/examples.tsv
	place=$(mktemp -d "${TMPDIR:-/var/tmp}/img2nfs-examples.XXXXXX") || exit 1
	at_exit "rm -rf '$place'"
	chmod 755 "$place"
	cd "$place" || exit 1
	example_images
	example_stubs
	mkdir tftp DIRECTORY
	cp "$top/src/cli/report.schema.json" .
	chown -R 65534:65534 .
	serve srv
	ex_open=$exp
	serve squashing squash=Root_Squash
	ex_squashed=$exp
	chmod 777 "$ex_squashed"
	ex_n=0
}

# --- one example ---

# as_run: of an example on standard input. /export/N is its own tree of the server.
as_run() {
	ex_q=$(ganesha_query $ex_server)
	ex_ports=${ex_q#*&}
	ex_u="nfs://127.0.0.1/export/$ex_n"
	sed -e "s!'nfs://nas/srv/\([^?']*\)?nfsport=2049&mountport=20048'!'$ex_u/\1?$(amp "$ex_ports")'!g" \
		-e "s!nfs://nas/srv/\([A-Za-z0-9/_{},.-]*\)!'$ex_u/\1?$(amp "$ex_q")'!g" \
		-e "s!\([ =]\)/srv/tftp!\1$place/tftp!g" -e "s!\([ =]\)/srv/nfs!\1$there/nfs!g" \
		-e "s!/usr/local/share/img2nfs/!$place/!g"
}
amp() {
	printf '%s' "$1" | sed 's/&/\\&/g'
}

ex_path=/usr/bin:/bin:/usr/sbin:/sbin
as_somebody() {
	if [ "$ex_who" = root ]; then
		env -i PATH="$PATH" HOME="$place" "$@"
	else
		as_nobody env -i PATH="$place/stubs:$ex_path" HOME="$place" "$@"
	fi
}

# ex_lines EXAMPLE: what examples.tsv has of it, and that it has been found
ex_lines() {
	awk -F '	' -v e="$1" '
		/^#/ { next }
		/^[^\t<]/ { on = substr($0, index($0, "\t") + 1) == e }
		on' "$ex_table"
}

example() {
	ex_lines "$1" >"$WORK/lines"
	[ -s "$WORK/lines" ] || {
		echo "no outcome is declared in tests/lib/examples.tsv for: $1"
		failed=1
		return
	}
	ex_want=$(sed -n '1s/	.*//p' "$WORK/lines")
	[ "$ex_want" != - ] || return 0
	ex_text=$1 ex_who=nobody ex_server=srv ex_n=$((ex_n + 1)) ex_exp=$ex_open
	case $ex_want in root*) ex_who=root ex_want=${ex_want#root} ;; esac
	example_fresh
	sed -n 's/^<	//p' "$WORK/lines" >"$WORK/before"
	. "$WORK/before"
	printf '%s\n' "$1" | as_run >"$WORK/script"
	as_somebody sh "$WORK/script" >"$WORK/out" 2>"$WORK/err" </dev/null
	rc=$?
	[ "$rc" -eq "$ex_want" ] || bad "$1: exit status is $rc, want $ex_want"
	sed -n 's/^	//p' "$WORK/lines" >"$WORK/after"
	[ -s "$WORK/after" ] || bad "$1: nothing of what it did is looked at"
	while IFS= read -r ex_check; do
		eval "$ex_check" || bad "$ex_text: not true: $ex_check"
	done <"$WORK/after"
}

example_fresh() {
	there=$ex_exp/$ex_n
	mkdir -m 777 "$there"
	cp --sparse=always plain.img disk.img
}

# What the columns of examples.tsv may say.

# squash: the server is the one that squashes root
squash() {
	ex_server=squashing ex_exp=$ex_squashed
	example_fresh
}
# image caps: disk.img has a file with capabilities
image() {
	cp --sparse=always "$1.img" disk.img
}
# by_nobody STATUS COMMAND: another one, as if it were an example
by_nobody() {
	printf '%s\n' "$2" | as_run >"$WORK/script"
	as_nobody env -i PATH="$place/stubs:$ex_path" sh "$WORK/script" >"$WORK/out" 2>"$WORK/err" </dev/null
	rc=$?
	[ "$rc" -eq "$1" ] || bad "before the example '$ex_text': $2: status $rc"
}
# stored IMAGE: nfs://nas/srv/nfs/root has what plain.img or older.img has
stored() {
	by_nobody 0 "img2nfs extract --quiet $1.img nfs://nas/srv/nfs/root"
}
# has FILE TEXT: a file of this machine or of the server; says TEXT: on stdout; told TEXT: on stderr
has() {
	grep -qF -e "$2" "$1"
}
says() {
	grep -qF -e "$1" "$WORK/out"
}
told() {
	grep -qF -e "$1" "$WORK/err"
}
# arrived DIR: it has all of the image's root
arrived() {
	(cd root && find . -type f) >"$WORK/files"
	while IFS= read -r ar_f; do
		cmp "root/$ar_f" "$1/$ar_f" || return 1
	done <"$WORK/files"
	[ "$(stat -c '%a %u' "$1/usr/bin/su")" = '4755 0' ]
}
# fits FILE: it is what the schema says
fits() {
	PYTHONWARNINGS=ignore jsonschema -i "$1" "$top/src/cli/report.schema.json"
}
# in_tar FILE: names of it, without ./
in_tar() {
	case $1 in
	*.zst) zstd -dcq "$1" ;;
	*.xz) xz -dc "$1" ;;
	*) cat "$1" ;;
	esac | tar -tvf - --numeric-owner >"$WORK/listed"
}
listed() {
	grep -qE -e "$1" "$WORK/listed"
}

examples_run() {
	[ "$(wc -l <"$1")" -ge 20 ] || die "only $(wc -l <"$1") examples were found"
	while IFS= read -r ex_line <&3; do
		example "$ex_line"
	done 3<"$1"
	echo "$(wc -l <"$1") examples"
}

# examples_unused FILE...: declared outcomes that are of none of these examples
examples_unused() {
	grep -v -e '^[#<	]' -e '^$' "$ex_table" | sed 's/^[^	]*	//' | sort >"$WORK/declared"
	sort -u "$@" | comm -23 "$WORK/declared" - | sed 's/^/tests\/lib\/examples.tsv: not an example any more: /' >"$WORK/unused"
	cat "$WORK/unused"
	[ ! -s "$WORK/unused" ] || failed=1
}
