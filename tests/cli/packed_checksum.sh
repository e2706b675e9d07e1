# --sha256, and the checksum files beside an image: all their formats, what they do not say, precedence, status 8 when it
# differs, for packed, plain and piped images; the expected digest comes from sha256sum.
. "$top/tests/lib/cli.sh"
. "$top/tests/lib/tiny_image.sh"
. "$top/tests/lib/packed.sh"
need sha256sum gzip
tiny_image x.img
gzip -c x.img >x.img.gz
xz -0 --block-size=1MiB -c x.img >x.img.xz
wrong=0000000000000000000000000000000000000000000000000000000000000000
for f in x.img x.img.gz x.img.xz; do
	sum=$(sha256sum <"$f" | cut -d ' ' -f 1)
	run 0 extract --sha256="$sum" "$f" null:
	run 0 extract --sha256="$(echo "$sum" | tr a-f A-F)" "$f" null:
	for c in "extract $f null:" "manifest $f" "list $f" "ls $f:/" "cat $f:/etc/motd" "stat $f:/etc"; do
		# shellcheck disable=SC2086 # words
		run 8 $c --sha256=$wrong
		says "the SHA-256 of '$f' is not the one that was given"
		hints "it is $sum"
	done
	run 8 extract --sha256=$wrong "$f" null:
	says "the tree at the destination is incomplete"
	"$img2nfs" extract --sha256="$sum" - null: <"$f" >out 2>err || die "$f from a pipe: $(cat err)"
	rc=0
	"$img2nfs" extract --sha256=$wrong - null: <"$f" >out 2>err || rc=$?
	[ $rc -eq 8 ] || die "$f from a pipe: status $rc, want 8: $(cat err)"

	# what lies beside it, as sha256sum, sha256sum -b, sha256sum --tag and a bare digest write it
	for line in "$sum  $f" "$sum *$f" "SHA256 ($f) = $sum" "$sum" "$sum  ./some/folder/$f"; do
		printf '# a comment\n%s  other.img\n%s\n' $wrong "$line" >"$f.sha256"
		run 0 extract "$f" null:
		says "the SHA-256 of '$f' is compared with the one in '$f.sha256'"
		echo "$line" | tr -d '\n' | sed "s/$sum/$wrong/" >"$f.sha256"
		run 8 extract "$f" null:
		says "the SHA-256 of '$f' is not the one in '$f.sha256'"
		run 8 manifest "$f"
		run 0 extract --no-sha256 "$f" null:
		run 0 extract --sha256="$sum" "$f" null:
		# nobody who only looks reads all of it
		run 0 ls "$f:/"
		run 0 list "$f"
	done
	rm "$f.sha256"
	echo "$wrong  $f" >SHA256SUMS
	run 8 extract "$f" null:
	says "the one in 'SHA256SUMS'"
	echo "$sum  $f" >"$f.sha256sum" # before SHA256SUMS
	run 0 extract "$f" null:
	says "the one in '$f.sha256sum'"
	rm "$f.sha256sum" SHA256SUMS
done
# a file made for another name says nothing about this one, and that is said
echo "$wrong  y.img" >x.img.sha256
run 0 extract x.img null:
says "'x.img.sha256' has no SHA-256 of 'x.img': it is not compared"
rm x.img.sha256
mkdir x.img.sha256
run 0 extract x.img null:
rmdir x.img.sha256
run 2 extract --sha256=123 x.img null:
says "option '--sha256': it takes 64 hexadecimal digits"
one_line
run 2 extract --sha256="${wrong%0}g" x.img null:
