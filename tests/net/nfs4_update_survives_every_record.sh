# update_survives_every_record over NFSv4.
. "$top/tests/lib/test.sh"
. "$top/tests/lib/nfs4.sh"
. "$top/tests/net/update_survives_every_record.sh"
