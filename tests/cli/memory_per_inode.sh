#!/bin/sh
# An image with many inodes costs at most 100 bytes for each at the peak, names of 11 bytes
# included, in extract and in ls -R: the slope between two sizes, so that what the program takes
# anyway does not count. In directories of 50, in one directory, in a chain of directories, and with
# further names.
set -eu
. "$top/tests/lib/test.sh"
need mke2fs
cd "$WORK"
case $(nm -D "$O/img2nfs" 2>/dev/null) in *__asan_*) skip "the sanitizer's own memory would count" ;; esac

# glibc keeps up to 32 MiB of what was freed when an array of that size went before; a fixed threshold
# makes the peak that of what is in use. At millions of inodes it makes no difference.
export MALLOC_MMAP_THRESHOLD_=131072

# peak COMMAND ARG... : bytes
peak() {
	rm -f watched.out
	"$O/tests/tools/watched" watched.out "$@" >/dev/null || die "$* failed"
	kib=$(sed -n 's/^maxrss_kib //p' watched.out)
	echo $((kib * 1024))
}

make_image() {	# FILE BIGIMAGE-OPTION...
	rm -f "$1"
	truncate -s 2G "$1"
	mke2fs -q -F -t ext4 -O ^has_journal -N 420000 "$1" || die "mke2fs failed"
	out=$1
	shift
	"$O/tests/tools/bigimage" "$@" "$out" || die "bigimage failed"
}

# bound BYTES OBJECTS BIGIMAGE-OPTIONS COMMAND... : 20000 objects and OBJECTS more
bound() {
	most=$1 more=$2 how=$3
	shift 3
	make_image small.img -n 20000 $how
	make_image large.img -n $((20000 + more)) $how
	for cmd in "$@"; do
		small=$(peak "$O/img2nfs" $(echo "$cmd" | sed 's/IMG/small.img/'))
		large=$(peak "$O/img2nfs" $(echo "$cmd" | sed 's/IMG/large.img/'))
		each=$(((large - small) / more))
		echo "$how $cmd: $each bytes each"
		[ "$each" -le "$most" ] || die "want at most $most"
	done
}

bound 100 200000 '' 'extract --quiet IMG null:' 'ls -R IMG'
bound 100 200000 '-d 1000000' 'extract --quiet IMG null:' 'ls -R IMG'
bound 100 200000 '-H 60000' 'extract --quiet IMG null:'
# two inodes each: a directory below the one before, and a file in it
bound 200 150000 '-d 1 -D' 'extract --quiet IMG null:'
