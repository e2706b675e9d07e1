/* nfs4_xdr.h - the structures of NFSv4.0 (RFC 7530) as libnfs declares them.
 *
 * They are the same in all its versions, so what only computes with them is built and tested with
 * each; what sends them needs libnfs 5, see rpc_has_nfs4(). */
#ifndef NFS4_XDR_H
#define NFS4_XDR_H

#include "nfs3_xdr.h"

#include <nfsc/libnfs-raw-nfs4.h>

/* A result of a COMPOUND: libnfs puts them on addresses that need not be aligned. */
static inline nfs_resop4 nfs4_resop(const COMPOUND4res *res, unsigned i)
{
	nfs_resop4 op;

	memcpy(&op, (const char *)res->resarray.resarray_val + i * sizeof(op), sizeof(op));
	return op;
}

/* The status of each result is its first word. */
static inline nfsstat4 nfs4_resop_status(const nfs_resop4 *op)
{
	return op->nfs_resop4_u.opillegal.status;
}

#endif
