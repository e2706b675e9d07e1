#include "nfs_hint.h"

static const char *missing(enum nfs_need need)
{
	switch (need) {
	case NFS_NEED_EXPORT:
		return "the server does not export this to us";
	case NFS_NEED_RW:
		return "the export lacks the option rw";
	case NFS_NEED_ROOT:
		return "the export lacks the option no_root_squash, without which no owner can be kept";
	case NFS_NEED_PORT:
		return "the export lacks the option insecure: our source port is above 1023";
	}
	return "";
}

static const char *elsewhere(enum nfs_need need)
{
	switch (need) {
	case NFS_NEED_ROOT:
		return "nfs-ganesha: Squash = No_Root_Squash; Synology: Squash 'No mapping'; "
		       "TrueNAS: Maproot User 'root'; QNAP: 'No squash'";
	case NFS_NEED_PORT:
		return "nfs-ganesha: PrivilegedPort = false; Synology: allow non-privileged ports; "
		       "TrueNAS: allow non-root mount";
	case NFS_NEED_RW:
		return "nfs-ganesha: Access_Type = RW; Synology, QNAP: read/write for this client";
	case NFS_NEED_EXPORT:
		break;
	}
	return "nfs-ganesha: an EXPORT block with Protocols = 3; a NAS: NFS permissions of the shared folder";
}

void nfs_hint(struct i2n_err *err, enum nfs_need need, const char *path, const char *client)
{
	i2n_err_hint(err, "%s; in the server's /etc/exports, followed by 'exportfs -ra':\n"
		     "%s %s(rw,insecure,no_root_squash,no_subtree_check)\n%s", missing(need), path,
		     *client ? client : "*", elsewhere(need));
}
