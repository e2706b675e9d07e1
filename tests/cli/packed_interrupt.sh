# ctrl-C while a read waits for a pipe that has fallen silent ends the run in an orderly way: status 130 with a text once
# something may have been stored, at once before.
. "$top/tests/lib/cli.sh"
. "$top/tests/lib/tiny_image.sh"
. "$top/tests/lib/packed.sh"
need python3
packed_disk disk
# up to the middle of a file's blocks: the tree is known, the file is not all there
blocks=$(debugfs -R 'blocks /usr/bin/blob' part 2>/dev/null) || die "debugfs failed"
# shellcheck disable=SC2086 # words
block=$(printf '%s\n' $blocks | sort -n | tail -n 20 | head -n 1)
cat >silent.py <<'EOT'
import os, signal, subprocess, sys, time
image, size, text, signame = sys.argv[2], int(sys.argv[3]), sys.argv[4], sys.argv[5]
p = subprocess.Popen([sys.argv[1], "extract", "--progress=json", "-", "null:"], stdin=subprocess.PIPE,
                     stderr=open("err", "w"), stdout=open("out", "w"),
                     preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
p.stdin.write(open(image, "rb").read(size))
p.stdin.flush()
end = time.time() + 60
while time.time() < end and text not in open("err").read():
    time.sleep(0.05)
os.kill(p.pid, getattr(signal, signame))
rc = p.wait(60)  # the pipe stays open: without the signal it would wait for ever
print(rc if rc >= 0 else 128 - rc)
EOT
rc=$(python3 silent.py "$img2nfs" disk $((5242880 + block * 4096)) '"objects"' SIGINT) || die "took too long"
[ "$rc" -eq 130 ] || die "status $rc, want 130: $(cat err)"
grep -q '^img2nfs: stopped by SIGINT' err || die "says: $(cat err)"
grep -q 'is incomplete' err || die "says: $(cat err)"
rc=$(python3 silent.py "$img2nfs" disk 6000000 '"unpacked"' SIGTERM) || die "took too long"
[ "$rc" -eq 143 ] || die "status $rc, want 143: $(cat err)"
