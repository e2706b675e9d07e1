/* rpc_own.h - the inside of a connection, for the files that know which libnfs it is.
 *
 *	rpc.c		what is the same with all of them
 *	rpc_async.c	libnfs 4 and 5: calls are named ..._async and return an int
 *	rpc_task.c	libnfs 6 and 7: ..._task, return the PDU, and leave data where it is
 */
#ifndef RPC_OWN_H
#define RPC_OWN_H

#include "rpc.h"

#include <nfsc/libnfs-raw-mount.h>
#include <nfsc/libnfs-raw-nfs4.h>

struct rpc_conn {
	struct nfs_context *nfs;
	struct rpc_context *rpc;
	enum rpc_state state;
	bool denied;
	bool quiet;		/* being freed: callbacks mean nothing */
	char error[160];
};

/* Procedure and libnfs' name for it, of those that all have the same signature. */
#define RPC_NFS3_PROCS(X) \
	X(LOOKUP, lookup) X(GETATTR, getattr) X(SETATTR, setattr) X(FSINFO, fsinfo) \
	X(FSSTAT, fsstat) X(READDIRPLUS, readdirplus) X(CREATE, create) X(MKDIR, mkdir) \
	X(SYMLINK, symlink) X(MKNOD, mknod) X(LINK, link) X(WRITE, write) X(COMMIT, commit) \
	X(REMOVE, remove) X(RMDIR, rmdir) X(RENAME, rename) X(READLINK, readlink) \
	X(ACCESS, access)

/* Callbacks for libnfs. */
void rpc_on_reply(struct rpc_context *rpc, int status, void *data, void *private_data);
void rpc_on_acl_reply(struct rpc_context *rpc, int status, void *data, void *private_data);

/* Of one version. false: not queued. */
bool rpc_queue(struct rpc_conn *conn, enum i2n_proc proc, void *args, struct rpc_slot *slot);
bool rpc_queue_compound(struct rpc_conn *conn, COMPOUND4args *args, size_t room, void *read_buf,
			struct rpc_slot *slot);
bool rpc_queue_mnt(struct rpc_conn *conn, char *path, struct rpc_slot *slot);
bool rpc_queue_export(struct rpc_conn *conn, struct rpc_slot *slot);
/* Ask for what rpc_can_secure() allowed. NULL, or why not. */
const char *rpc_secure(struct nfs_context *nfs, const struct rpc_security *want);

#endif
