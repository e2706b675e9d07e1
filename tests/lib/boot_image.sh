#!/bin/sh
# Prints the folder of the images that boot (fixtures/recipes/boot_disk.sh); makes them if they are not
# there. $O = build folder (default build). Messages go to stderr; status 77 = cannot be made here.
set -u
top=$(cd "$(dirname "$0")/../.." && pwd) || exit 1
O=${O:-$top/build}
dir=$O/fixtures/boot
recipe=$top/fixtures/recipes/boot_disk.sh
mkdir -p "$dir" || exit 1
# Tests run side by side: one makes it, the others wait.
if [ "${1:-}" != --locked ]; then
	O=$O exec flock "$dir/lock" sh "$0" --locked
fi
if [ ! -e "$dir/used.img" ] || ! cmp -s "$recipe" "$dir/recipe"; then
	sh "$recipe" "$dir" >&2 || exit
	cp "$recipe" "$dir/recipe" || exit 1
fi
echo "$dir"
