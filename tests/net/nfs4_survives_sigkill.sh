# nfs3_survives_sigkill over NFSv4.
. "$top/tests/lib/test.sh"
. "$top/tests/lib/nfs4.sh"
RTT=60000	# one request stores a file: else the run is over too soon
. "$top/tests/net/nfs3_survives_sigkill.sh"
