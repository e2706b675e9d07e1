# sink_tree.sh - a directory with one of everything a sink has to store. Needs root. Source test.sh first.
#
#	sink_tree DIR [FILES]	FILES: how many small files there are besides (default 40)
#	sink_source FILES	one in $WORK/src, but without the huge sparse file; its dump in $WORK/want; and
#				$WORK/exp to be exported
#	dump DIR		all of a directory, as text to compare

sink_tree() {
	need_root "devices and foreign owners in the source tree"
	mkdir -p "$1" || exit 1
	(
		cd "$1" || exit 1
		umask 022
		mkdir d1 d1/d2 d1/d2/d3 empty sticky setgid small
		i=0
		while [ $i -lt "${2:-40}" ]; do
			head -c $((i * 137 + 1)) /dev/urandom >"small/f$i"
			i=$((i + 1))
		done
		: >zero
		printf 'x' >one
		head -c 4096 /dev/urandom >page
		head -c 1048576 /dev/urandom >mega
		head -c 1048577 /dev/urandom >mega1
		head -c 5000000 /dev/urandom >d1/large
		truncate -s 1000000 hole
		truncate -s 3000000 sparse
		printf 'middle' | dd of=sparse bs=1 seek=1234567 conv=notrunc 2>/dev/null
		head -c 8192 /dev/urandom | dd of=sparse bs=4096 seek=500 conv=notrunc 2>/dev/null
		head -c 8192 /dev/urandom >tail
		truncate -s 50000 tail
		truncate -s 1099511627776 tera
		printf 'end' | dd of=tera bs=1 seek=999999999999 conv=notrunc 2>/dev/null
		printf 'suid' >suid && chown 1000:1000 suid && chmod 6755 suid
		: >suid0 && chown 1000:1000 suid0 && chmod 4711 suid0
		printf 'nobody may' >secret && chmod 000 secret
		chown 4000000000:4000000001 one
		ln -s target link && chown -h 12:34 link
		ln -s / d1/root
		ln -s "$(printf '%04000d' 7)" longlink
		ln -s "$(printf '%03300d' 7)" midlink
		mknod chr c 5 1 && chown 0:5 chr && chmod 620 chr
		mknod blk b 259 70000
		mknod fifo p && chmod 4600 fifo
		python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind("sock")' 2>/dev/null || mkfifo sock
		ln zero zero.hard
		ln d1/large d1/d2/large.hard
		ln -P link link.hard
		ln chr chr.hard
		printf 'n' >"$(printf 'bad\377name')"
		printf 'n' >"$(printf '%0255d' 1)"
		printf 'nl' >"$(printf 'new\nline')"
		chmod 1777 sticky && chmod 2755 setgid && chown 0:50 setgid
		touch -h -d '2001-02-03 04:05:06.123456789' link d1/root
		find . -mindepth 1 -type f -exec touch -d '1999-12-31 23:59:59.987654321' {} +
		touch -d '2035-01-01 00:00:00.5' one
		touch -d '2020-02-02 02:02:02.020202020' chr blk fifo sticky setgid empty d1/d2/d3 d1/d2 small
		touch -d '2011-11-11 11:11:11.111111111' .
	)
}

dump() { ASAN_OPTIONS=detect_leaks=0 "$O/tests/tools/dirdump" -S "$1"; }

sink_source() {
	sink_tree "$WORK/src" "$1"
	rm -f "$WORK/src/tera"
	touch -d '2020-02-02 02:02:02.020202020' "$WORK/src"
	dump "$WORK/src" >"$WORK/want" || exit 1
	mkdir "$WORK/exp" || exit 1
}
