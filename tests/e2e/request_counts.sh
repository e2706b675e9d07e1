# As few requests as the protocol allows: 1000 objects of each class, what they cost on top of an
# image without them.
#
# One image holds all classes, so the classes are told apart by procedure: small files are the only
# ones that need WRITE and their SETATTR, one CREATE each with the empty files; symlinks and nodes
# have procedures of their own.
. "$top/tests/lib/e2e.sh"
. "$top/tests/lib/nfsproxy.sh"
only_v3 "net/nfs4_stores_everything counts the others"
need_loop
use_fixture count
serve
# With a rule, which never comes to pass, it looks at records and counts them.
proxy_start px srv drop-call=1000000000
extract --json --no-check --allow-loss=symlink-times "$img" "$(proxy_url px srv /root)"
want_rc 0
want_json 'j["stored"]["files"] == 2000 and j["stored"]["symlinks"] == 1000'
want_json 'j["stored"]["devices"] == 1000 and j["stored"]["fifos"] == 1000'
# One is the lock; it also needs a WRITE, LOOKUP, READ and REMOVE, and every 5 seconds a READ and a WRITE, which are
# left out below.
beats='(j["requests"]["READ"] - 1)'
want_json 'j["requests"]["CREATE"] == 2001'
want_json 'j["requests"]["SYMLINK"] <= 1050'
want_json 'j["requests"]["MKNOD"] <= 2100'
# Whatever is not one of the calls that other classes must make counts against the small files: at
# most 3.05 each.
want_json 'sum(j["requests"][p] for p in ("CREATE", "WRITE", "COMMIT", "SETATTR")) - 1000 - '"$beats <= 3050"
# Nothing hides in procedures not named above: 1000 * 3.05 + 4000 * 1.05, and some for the start and
# the 7 directories.
want_json 'j["requests"]["total"] - 2 * '"$beats <= 3050 + 4200 + 60"
want_json 'j["requests"]["LOOKUP"] + j["requests"]["GETATTR"] <= 10'
# The program's own count is what went over the wire: the proxy saw all but what went to the MOUNT
# service (MNT, and a NULL to each of the two when connecting).
proxy_stop px >"$WORK/seen"
seen=$(sed -n 's/.*calls=\([0-9]*\).*/\1/p' "$WORK/seen")
want_json "abs(j['requests']['total'] - $seen) <= 3"
echo "requests seen on the wire: $seen"
total=$(json 'j["requests"]["total"] - 2 * '"$beats")
# The check before the run costs eight more.
extract --json --allow-loss=symlink-times "$img" "$(ganesha_url srv /checked)"
want_rc 0
want_json "j['requests']['total'] - 2 * $beats <= $total + 8"
echo "requests: $(json 'j["requests"]')"
e2e_end
