# nfs3_survives_sigkill over NFSv4 (through a slower network).
. "$top/tests/lib/test.sh"
. "$top/tests/lib/nfs4.sh"
. "$top/tests/net/nfs3_survives_sigkill.sh"
