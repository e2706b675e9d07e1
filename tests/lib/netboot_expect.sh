# netboot_expect.sh - the trees of fixtures/rpi_trees.sh as images, and what --netboot must make of them.

# netboot_image DIR IMAGE
netboot_image() {
	truncate -s 16M "$2" && mke2fs -q -F -t ext4 -E root_owner=0:0 -d "$1" "$2" || die "mke2fs failed"
	chmod a+r "$2"
}

# netboot_expect RELEASE DIR: turn the tree in DIR into what fixtures/netboot has written down.
netboot_expect() {
	from=$top/fixtures/netboot/$1
	(cd "$from/files" && find . -type f) | while read -r f; do
		mkdir -p "$2/$(dirname "$f")" && cat "$from/files/$f" >"$2/$f"
	done
	while read -r path target; do
		mkdir -p "$2/$(dirname "$path")" && rm -f "$2/$path" && ln -s "$target" "$2/$path"
	done <"$from/links"
	[ ! -f "$from/gone" ] || (cd "$2" && xargs rm) <"$from/gone"
}
