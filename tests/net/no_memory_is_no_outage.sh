# When libnfs gets no memory for a request the run ends with that, status 7: it does not wait for a server that is well.
. "$top/tests/lib/cli.sh"
. "$top/tests/lib/tiny_image.sh"
. "$top/tests/lib/ganesha.sh"
starve=$O/tests/tools/starve.so
[ -e "$starve" ] || skip "the tools are not built"
tiny_image x.img
ganesha_start srv mem -
LD_PRELOAD=$starve "$img2nfs" --version >out 2>err && [ ! -s err ] || skip "no such malloc here: $(cat err)"
run 0 extract --quiet --allow-loss=all --write-size=64K x.img "$(ganesha_url srv /good)"
# the first WRITE of a file of 70000 bytes has 65536: libnfs makes room for them and 4 KiB around
rc=0
STARVE_FROM=68000 STARVE_TO=75000 LD_PRELOAD=$starve timeout 60 "$img2nfs" extract --no-sandbox --quiet --write-size=64K x.img \
	"$(ganesha_url srv /bad)" >out 2>err || rc=$?
ran='without memory'
[ $rc -eq 7 ] || die "status $rc, want 7: $(cat err)"
says 'out of memory'
! grep -q 'lost the server' err || die "blames the server: $(cat err)"
