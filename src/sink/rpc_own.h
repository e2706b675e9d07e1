/* rpc_own.h - the inside of a connection, and the names that calls have in this libnfs.
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
	struct nfs_context *nfs[RPC_LINES_MAX];
	struct rpc_context *line[RPC_LINES_MAX];	/* of nfs[] */
	unsigned n, n_up;		/* lines; those that are connected */
	unsigned turn;
	struct rpc_context *rpc;	/* the line whose turn it is */
	enum rpc_state state;
	bool denied, no_memory;
	bool quiet;		/* being freed: callbacks mean nothing */
	char error[160];
};

/* Callbacks for libnfs. */
void rpc_on_reply(struct rpc_context *rpc, int status, void *data, void *private_data);
void rpc_on_acl_reply(struct rpc_context *rpc, int status, void *data, void *private_data);

/* RPC_CALL(nfs3_lookup, conn, args, slot): what all versions have, under names of their own. false:
 * not queued. */
#ifdef LIBNFS_API_V2
#define RPC_CALL_ON(name, conn, on_reply, args, slot) \
	(rpc_##name##_task((conn)->rpc, (on_reply), (args), (slot)) != NULL)
#define RPC_ACL_CALL(op, conn, args, slot) \
	RPC_CALL_ON(nfsacl3_##op, conn, rpc_on_acl_reply, args, slot)
#define RPC_EXPORT_CALL(conn, slot) \
	(rpc_mount3_export_task((conn)->rpc, rpc_on_reply, (slot)) != NULL)
#else
#define RPC_CALL_ON(name, conn, on_reply, args, slot) \
	(rpc_##name##_async((conn)->rpc, (on_reply), (args), (slot)) >= 0)
#define RPC_ACL_CALL(op, conn, args, slot) \
	RPC_CALL_ON(nfsacl_##op, conn, rpc_on_acl_reply, args, slot)
#define RPC_EXPORT_CALL(conn, slot) \
	(rpc_mount3_export_async((conn)->rpc, rpc_on_reply, (slot)) >= 0)
#endif
#define RPC_CALL(name, conn, args, slot) RPC_CALL_ON(name, conn, rpc_on_reply, args, slot)

/* Of one version. false: not queued. */
bool rpc_queue_read(struct rpc_conn *conn, struct rpc_read_args *args, struct rpc_slot *slot);
bool rpc_queue_compound(struct rpc_conn *conn, COMPOUND4args *args, size_t room, void *read_buf,
			struct rpc_slot *slot);
/* Ask for what rpc_can_secure() allowed. NULL, or why not. */
const char *rpc_secure(struct nfs_context *nfs, const struct rpc_security *want);

#endif
