/* nfs_mountd.h - talk to the MOUNT service of a server: which export, which root handle. */
#ifndef NFS_MOUNTD_H
#define NFS_MOUNTD_H

#include "img2nfs/check.h"
#include "nfs3_xdr.h"
#include "rpc.h"

struct nfs_mounted {
	char addr[64];		/* the address of the host that answered */
	char client[64];	/* ours, as the server sees it */
	bool low_port;		/* our port is below 1024 */
	struct nfs3_fh fh;	/* of the mounted directory */
	size_t prefix_len;	/* how much of the path it is */
	struct rpc_conn *nfs;	/* to the NFS service there, begun at the same time; it may be
				 * connecting still, or have failed. The caller's to free, also
				 * after a failure; or NULL */
	enum i2n_remedy remedy;	/* of the failure that was reported */
};

/* Mount the longest prefix of url->path that the server gives, and meanwhile connect to its NFS
 * service. Blocks; *stop (may be NULL) ends it. */
int nfs_mountd_mount(const struct i2n_nfs_url *url, const struct i2n_nfs_opts *opts,
		     const volatile int *stop,
		     struct i2n_sink_stats *stats, struct nfs_mounted *ret, struct i2n_err *err);

/* For NFSv4: the first address of the host at which target's port answers; sets that in target,
 * and addr and client of *ret. */
int nfs_find_server(const struct i2n_nfs_url *url, struct rpc_target *target,
		    const volatile int *stop, struct nfs_mounted *ret, struct i2n_err *err);

/* Wait until a connection is up; also (may be NULL) gets on meanwhile. what: "the NFS service", for
 * the message. */
int nfs_conn_wait_up(struct rpc_conn *conn, struct rpc_conn *also, const char *what,
		     const char *host, const volatile int *stop, struct i2n_err *err);

#endif
