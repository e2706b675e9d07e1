# Status 2: a value that an option cannot take is named with the option; the image is not even looked for.
. "$top/tests/lib/cli.sh"

bad() {
	run 2 extract "$1" nowhere.img "${3:-null:}"
	says "$2"
	one_line
}
bad --window=0 "option '--window': '0' is not in 1..1024"
bad --window=1025 "option '--window': '1025' is not in 1..1024"
bad --window=many "option '--window': 'many' is not a number"
bad --bytes-in-flight=1K "option '--bytes-in-flight': '1K' is not in 64K..1G"
bad --connections=17 "option '--connections': '17' is not in 1..16"
bad --write-size=2M "option '--write-size': '2M' is not in 4K..1M"
bad --offset=-1 "option '--offset': '-1' is not a number of bytes"
bad --sector-size=513 "option '--sector-size': '513' is not auto, 512 or 4096"
bad --journal=redo "option '--journal': 'redo' is not replay, ignore or fail"
bad --progress=fast "option '--progress': 'fast' is not auto, json or none"
bad --as=root "option '--as': 'root' is not UID:GID"
bad --as=0:staff "option '--as': 'staff' is not a number"
bad --as=4294967296:0 "option '--as': '4294967296' is not in 0..4294967295"
bad --allow-loss=everything "'everything' is not a class of loss"
bad --quiet=yes "option '--quiet' takes no value"
bad --quiet "foo://nas/x" foo://nas/x
bad --quiet "version" 'nfs://nas/x?version=5'
