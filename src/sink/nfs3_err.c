#include "nfs3_err.h"

#include <stdio.h>

struct code { uint32_t code; const char *name; };

static const struct code nfs_codes[] = {
	{ 0, "NFS3_OK" },
	{ 1, "NFS3ERR_PERM" },
	{ 2, "NFS3ERR_NOENT" },
	{ 5, "NFS3ERR_IO" },
	{ 6, "NFS3ERR_NXIO" },
	{ 13, "NFS3ERR_ACCES" },
	{ 17, "NFS3ERR_EXIST" },
	{ 18, "NFS3ERR_XDEV" },
	{ 19, "NFS3ERR_NODEV" },
	{ 20, "NFS3ERR_NOTDIR" },
	{ 21, "NFS3ERR_ISDIR" },
	{ 22, "NFS3ERR_INVAL" },
	{ 27, "NFS3ERR_FBIG" },
	{ 28, "NFS3ERR_NOSPC" },
	{ 30, "NFS3ERR_ROFS" },
	{ 31, "NFS3ERR_MLINK" },
	{ 63, "NFS3ERR_NAMETOOLONG" },
	{ 66, "NFS3ERR_NOTEMPTY" },
	{ 69, "NFS3ERR_DQUOT" },
	{ 70, "NFS3ERR_STALE" },
	{ 71, "NFS3ERR_REMOTE" },
	{ 10001, "NFS3ERR_BADHANDLE" },
	{ 10002, "NFS3ERR_NOT_SYNC" },
	{ 10003, "NFS3ERR_BAD_COOKIE" },
	{ 10004, "NFS3ERR_NOTSUPP" },
	{ 10005, "NFS3ERR_TOOSMALL" },
	{ 10006, "NFS3ERR_SERVERFAULT" },
	{ 10007, "NFS3ERR_BADTYPE" },
	{ 10008, "NFS3ERR_JUKEBOX" },
};

static const struct code mount_codes[] = {
	{ 0, "MNT3_OK" },
	{ 1, "MNT3ERR_PERM" },
	{ 2, "MNT3ERR_NOENT" },
	{ 5, "MNT3ERR_IO" },
	{ 13, "MNT3ERR_ACCES" },
	{ 20, "MNT3ERR_NOTDIR" },
	{ 22, "MNT3ERR_INVAL" },
	{ 63, "MNT3ERR_NAMETOOLONG" },
	{ 10004, "MNT3ERR_NOTSUPP" },
	{ 10006, "MNT3ERR_SERVERFAULT" },
};

static const char *name_of(const struct code *codes, size_t n, const char *prefix, uint32_t status,
			   char *buf)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (codes[i].code == status)
			return codes[i].name;
	(void)snprintf(buf, 32, "%s_%u", prefix, (unsigned)status);	/* always fits */
	return buf;
}

const char *nfs3_err_name(uint32_t status, char *buf)
{
	return name_of(nfs_codes, sizeof(nfs_codes) / sizeof(nfs_codes[0]), "NFS3ERR", status, buf);
}

const char *nfs3_mount_err_name(uint32_t status, char *buf)
{
	return name_of(mount_codes, sizeof(mount_codes) / sizeof(mount_codes[0]), "MNT3ERR",
		       status, buf);
}

int nfs3_err_rc(uint32_t status, bool own_handle)
{
	switch (status) {
	case 1:		/* PERM */
	case 13:	/* ACCES */
	case 28:	/* NOSPC */
	case 30:	/* ROFS */
	case 69:	/* DQUOT */
	case 10008:	/* JUKEBOX: only handed on when it never ended */
		return I2N_FATAL;
	case 70:	/* STALE */
	case 10001:	/* BADHANDLE */
		return own_handle ? I2N_BADNODE : I2N_FATAL;
	default:
		return I2N_BADNODE;
	}
}

const char *nfs3_err_hint(uint32_t status)
{
	switch (status) {
	case 1:
	case 13:
		return "the server does not let us act as root; the export needs "
		       "rw,no_root_squash,insecure";
	case 17:
		return "something of that name is there already: another program writes there, or "
		       "the server's "
		       "file system does not tell upper from lower case";
	case 28:
		return "the server's file system is full (space or inodes)";
	case 30:
		return "the export or the server's file system is read-only; the export needs the "
		       "option rw";
	case 69:
		return "the quota on the server is used up";
	case 70:
		return "the directory was removed or the export was changed while we were writing";
	case 10004:
		return "the server's file system cannot hold objects of this type";
	default:
		return NULL;
	}
}

const char *nfs3_proc_verb(enum i2n_proc p)
{
	switch (p) {
	case I2N_PROC_LOOKUP:
		return "look up";
	case I2N_PROC_GETATTR:
		return "get the attributes of";
	case I2N_PROC_SETATTR:
		return "set the attributes of";
	case I2N_PROC_FSINFO:
	case I2N_PROC_FSSTAT:
		return "learn the limits of";
	case I2N_PROC_READDIRPLUS:
		return "list";
	case I2N_PROC_CREATE:
		return "create";
	case I2N_PROC_MKDIR:
		return "make directory";
	case I2N_PROC_SYMLINK:
		return "make symlink";
	case I2N_PROC_MKNOD:
		return "make special file";
	case I2N_PROC_LINK:
		return "link";
	case I2N_PROC_WRITE:
		return "write";
	case I2N_PROC_COMMIT:
		return "commit";
	case I2N_PROC_REMOVE:
	case I2N_PROC_RMDIR:
		return "remove";
	case I2N_PROC_RENAME:
		return "rename";
	case I2N_PROC_READ:
	case I2N_PROC_READLINK:
		return "read";
	case I2N_PROC_GETACL:
		return "get the ACL of";
	case I2N_PROC_SETACL:
		return "set the ACL of";
	default:
		return "reach";
	}
}
