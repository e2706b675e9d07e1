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

/* Those that are not in nfs_codes, or by another name. */
static const struct code nfs4_codes[] = {
	{ 0, "NFS4_OK" },
	{ 13, "NFS4ERR_ACCESS" },
	{ 10008, "NFS4ERR_DELAY" },
	{ 10009, "NFS4ERR_SAME" },
	{ 10010, "NFS4ERR_DENIED" },
	{ 10011, "NFS4ERR_EXPIRED" },
	{ 10012, "NFS4ERR_LOCKED" },
	{ 10013, "NFS4ERR_GRACE" },
	{ 10014, "NFS4ERR_FHEXPIRED" },
	{ 10015, "NFS4ERR_SHARE_DENIED" },
	{ 10016, "NFS4ERR_WRONGSEC" },
	{ 10017, "NFS4ERR_CLID_INUSE" },
	{ 10018, "NFS4ERR_RESOURCE" },
	{ 10019, "NFS4ERR_MOVED" },
	{ 10020, "NFS4ERR_NOFILEHANDLE" },
	{ 10021, "NFS4ERR_MINOR_VERS_MISMATCH" },
	{ 10022, "NFS4ERR_STALE_CLIENTID" },
	{ 10023, "NFS4ERR_STALE_STATEID" },
	{ 10024, "NFS4ERR_OLD_STATEID" },
	{ 10025, "NFS4ERR_BAD_STATEID" },
	{ 10026, "NFS4ERR_BAD_SEQID" },
	{ 10027, "NFS4ERR_NOT_SAME" },
	{ 10028, "NFS4ERR_LOCK_RANGE" },
	{ 10029, "NFS4ERR_SYMLINK" },
	{ 10030, "NFS4ERR_RESTOREFH" },
	{ 10031, "NFS4ERR_LEASE_MOVED" },
	{ 10032, "NFS4ERR_ATTRNOTSUPP" },
	{ 10033, "NFS4ERR_NO_GRACE" },
	{ 10034, "NFS4ERR_RECLAIM_BAD" },
	{ 10035, "NFS4ERR_RECLAIM_CONFLICT" },
	{ 10036, "NFS4ERR_BADXDR" },
	{ 10037, "NFS4ERR_LOCKS_HELD" },
	{ 10038, "NFS4ERR_OPENMODE" },
	{ 10039, "NFS4ERR_BADOWNER" },
	{ 10040, "NFS4ERR_BADCHAR" },
	{ 10041, "NFS4ERR_BADNAME" },
	{ 10042, "NFS4ERR_BAD_RANGE" },
	{ 10043, "NFS4ERR_LOCK_NOTSUPP" },
	{ 10044, "NFS4ERR_OP_ILLEGAL" },
	{ 10045, "NFS4ERR_DEADLOCK" },
	{ 10046, "NFS4ERR_FILE_OPEN" },
	{ 10047, "NFS4ERR_ADMIN_REVOKED" },
	{ 10048, "NFS4ERR_CB_PATH_DOWN" },
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

const char *nfs4_err_name(uint32_t status, char *buf)
{
	for (size_t i = 0; i < sizeof(nfs4_codes) / sizeof(nfs4_codes[0]); i++)
		if (nfs4_codes[i].code == status)
			return nfs4_codes[i].name;
	for (size_t i = 0; i < sizeof(nfs_codes) / sizeof(nfs_codes[0]); i++)
		if (nfs_codes[i].code == status) {
			(void)snprintf(buf, 32, "NFS4%s", nfs_codes[i].name + 4);
			return buf;
		}
	(void)snprintf(buf, 32, "NFS4ERR_%u", (unsigned)status);
	return buf;
}

const char *nfs3_mount_err_name(uint32_t status, char *buf)
{
	return name_of(mount_codes, sizeof(mount_codes) / sizeof(mount_codes[0]), "MNT3ERR",
		       status, buf);
}

bool nfs3_err_is_patience(uint32_t status)
{
	return status == 10008 || status == 10013 || status == 10018;
}

int nfs3_err_rc(uint32_t status, bool own_handle)
{
	switch (status) {
	case 1:		/* PERM */
	case 13:	/* ACCES */
	case 28:	/* NOSPC */
	case 30:	/* ROFS */
	case 69:	/* DQUOT */
	case 10008:	/* JUKEBOX, GRACE, RESOURCE: only handed on when they never ended */
	case 10013:
	case 10018:
	case 10011:	/* EXPIRED and the other ones of NFSv4's state: the same */
	case 10016:	/* WRONGSEC */
	case 10022:	/* STALE_CLIENTID */
	case 10023:	/* STALE_STATEID */
	case 10024:	/* OLD_STATEID */
	case 10025:	/* BAD_STATEID */
	case 10026:	/* BAD_SEQID */
	case 10039:	/* BADOWNER */
		return I2N_FATAL;
	case 70:	/* STALE */
	case 10001:	/* BADHANDLE */
	case 10014:	/* FHEXPIRED */
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
	case 10008:
	case 10013:
	case 10018:
		return "the server asked to be asked again later for longer than --retry-for";
	case 10016:
		return "the export does not allow sec=sys (AUTH_SYS) for NFSv4";
	case 10019:
		return "the server says that this is on another one; nfs-ganesha says so of every "
		       "directory with the sticky bit and without any x bit, but not with "
		       "version=3";
	case 10039:
		return "the server wants names of users, but ids of an image are numbers; on "
		       "Linux: nfs4_disable_idmapping=Y of the module nfsd; nfs-ganesha: "
		       "Only_Numeric_Owners = true; or use version=3";
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
	case I2N_PROC_STORE:
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
