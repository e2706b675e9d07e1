/* nfs_long.h - SYMLINK with a target that libnfs cannot send.
 *
 * libnfs up to 6 encodes a request into 4096 bytes, which targets of more than some 3600 bytes
 * overflow; ext4 has targets of up to 4095. Such a symlink gets a connection of its own, with the
 * request written by hand. */
#ifndef NFS_LONG_H
#define NFS_LONG_H

#include "nfs3_xdr.h"
#include "rpc.h"

#define NFS_LONG_TARGET 3000	/* longer ones go this way */
#define NFS_TARGET_MAX 7000	/* longer ones cannot be sent at all; Linux has none above 4095 */

/* Blocks for one connect and one round trip, at most a few seconds. false: no usable answer; it may
 * have been carried out. ret_fh backs the handle in *ret_res. */
bool nfs_long_symlink(const struct rpc_target *target, uint16_t port, const SYMLINK3args *args,
		      struct nfs3_fh *ret_fh,
		      SYMLINK3res *ret_res);

#endif
