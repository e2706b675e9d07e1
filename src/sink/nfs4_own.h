/* nfs4_own.h - what nfs4_call.c, nfs4_reply.c and nfs4_client.c have in common. */
#ifndef NFS4_OWN_H
#define NFS4_OWN_H

#include "nfs4_attr.h"
#include "nfs4_call.h"

/* An open file of an owner's, to be closed before it opens another. */
struct nfs4_open {
	stateid4 stateid;
	struct nfs3_fh fh;
};

#define NFS4_OPENS 2	/* the first one is confirmed before the second, and closed after it */

struct nfs4_owner {
	struct nfs4_owner *next, *next_free;
	struct nfs4 *v4;
	uint64_t id;		/* never used twice */
	uint32_t generation;	/* of the client that it belongs to */
	seqid4 seqid;		/* of the next operation */
	bool confirm;		/* the server wants to hear that the owner is one (16.18) */
	unsigned n_opens;
	struct nfs4_open opens[NFS4_OPENS];
};

/* Results as those of NFSv3; status is the first word of each. */
union nfs4_result {
	nfsstat3 status;
	LOOKUP3res lookup;
	GETATTR3res getattr;
	SETATTR3res setattr;
	FSINFO3res fsinfo;
	FSSTAT3res fsstat;
	READDIRPLUS3res readdirplus;
	ACCESS3res access;
	CREATE3res create;
	MKDIR3res mkdir;
	SYMLINK3res symlink;
	MKNOD3res mknod;
	LINK3res link;
	WRITE3res write;
	COMMIT3res commit;
	REMOVE3res remove;
	RMDIR3res rmdir;
	RENAME3res rename;
	READ3res read;
	READLINK3res readlink;
	struct nfs_store_res store;
};

struct nfs4 {
	const struct i2n_notes *notes;
	/* the client */
	enum { NFS4_NOBODY, NFS4_ASKING, NFS4_CONFIRMED } state;
	bool closing;			/* ASKING only to have the server forget */
	uint32_t generation, incarnation;
	unsigned refusals;		/* of our id or its confirmation, in a row */
	char id[128];
	clientid4 clientid;
	verifier4 confirm;
	uint32_t lease_s;
	int64_t renewed_ms;
	struct nfs_call hello, renew;
	struct nfs4_owner *owners, *free_owners;
	uint64_t next_owner;
	unsigned opening;		/* owners with a request under way */
	bool has_open;
	bool grace_told;
	/* of the latest reply */
	union nfs4_result out;
	struct nfs3_fh fh;
	char *text;			/* names and targets; malloc */
	size_t text_cap;
	struct nfs4_entry { entryplus3 e; struct nfs3_fh fh; } *entries;	/* malloc */
	size_t entries_cap;
};

/* nfs4_client.c */
bool nfs4_opens(const struct nfs_call *call);
struct nfs4_owner *nfs4_owner_get(struct nfs4 *v4);	/* NULL: out of memory */
void nfs4_owner_name(const struct nfs4_owner *owner, char buf[17]);

/* What the results of opening mean for the owner and for the client. */
enum nfs4_verdict {
	NFS4_GO_ON,	/* the rest is as usual */
	NFS4_AGAIN,	/* nothing was opened and the state was to blame, send it again */
};
enum nfs4_verdict nfs4_opener_take(struct nfs4 *v4, struct nfs_call *call,
				   const COMPOUND4res *res);
void nfs4_client_take(struct nfs4 *v4, const struct nfs_call *call, const COMPOUND4res *res);

/* nfs4_reply.c */
/* The first result of this operation. false: there is none. */
bool nfs4_find(const COMPOUND4res *res, nfs_opnum4 what, nfs_resop4 *ret);

#endif
