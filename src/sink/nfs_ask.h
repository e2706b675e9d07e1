/* nfs_ask.h - one request and what its reply says, for those who wait for it: what is asked before
 * the first op. Several may be under way.
 *
 *	a.call.args.getattr.object = ...; nfs_ask_start(calls, &a, I2N_PROC_GETATTR);
 *	nfs_ask_wait(&a, stop, &err) == I2N_OK && a.status == NFS3_OK ...
 *
 * Thread:    one.
 * Ownership: an ask that was started must stay until it was waited for. */
#ifndef NFS_ASK_H
#define NFS_ASK_H

#include "nfs_call.h"

struct nfs_ask {
	struct nfs_call call;	/* first member */
	bool answered, dead;	/* dead: will never be, the connection is given up */
	nfsstat3 status;
	/* with NFS3_OK */
	struct nfs3_fh fh;
	bool has_fh, has_attrs;
	fattr3 attrs;
	FSINFO3resok fsinfo;
	unsigned default_aces;	/* GETACL */
	/* NULL, or runs while the reply of a READDIRPLUS is valid */
	void (*take)(void *ctx, const READDIRPLUS3resok *res);
	void *ctx;
};

void nfs_ask_start(struct nfs_calls *calls, struct nfs_ask *ask, enum i2n_proc proc);

/* I2N_OK: answered, look at status. *stop (may be NULL) ends all calls. At once if it was not
 * started. */
int nfs_ask_wait(struct nfs_ask *ask, const volatile int *stop, struct i2n_err *err);

#endif
