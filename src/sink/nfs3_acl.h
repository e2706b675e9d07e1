/* nfs3_acl.h - POSIX ACLs between their canonical form and the one of NFSACL.
 *
 * NFSACL is a program of its own (100227, version 3) that Linux and Solaris serve at the port of
 * NFS: GETACL and SETACL of both lists of an object. It has no standard; what is here is what
 * Linux does.
 *
 * Source: Linux fs/nfs_common/nfsacl.c, fs/nfsd/nfs3acl.c. */
#ifndef NFS3_ACL_H
#define NFS3_ACL_H

#include "img2nfs/acl.h"

#include "nfs3_xdr.h"

/* Entries of both lists that one request can carry: libnfs up to 6 encodes into 4096 bytes. */
#define NFS3_ACES_MAX 300

/* Fill *args but for the handle; entries go to aces, which has room for two more than both lists
 * have. uid and gid: who owns the object. */
void nfs3_acl_args(const struct i2n_acl *acl, uint32_t uid, uint32_t gid, struct nfsacl_ace *aces,
		   SETACL3args *args);

/* false: no ACL, or none that Linux could have, or no memory; *ret is empty. */
bool nfs3_acl_take(const GETACL3resok *res, struct i2n_acl *ret);

static inline GETACL3args nfs3_getacl_args(const struct nfs3_fh *fh, bool is_dir)
{
	return (GETACL3args){ .dir = nfs3_fh_xdr(fh),
			      .mask = NFSACL_MASK_ACL_ENTRY | NFSACL_MASK_ACL_COUNT |
				      (is_dir ? NFSACL_MASK_ACL_DEFAULT_ENTRY |
						NFSACL_MASK_ACL_DEFAULT_COUNT : 0u) };
}

#endif
