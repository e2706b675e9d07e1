/* nfs_call.h - the requests that are on their way, over a connection that may break.
 *
 * They are those of NFSv3; with `v4` each becomes a COMPOUND of NFSv4.0, and its result one of
 * NFSv3 (nfs4_call.h).
 *
 * A call knows all that is needed to send it again. It waits in `ready` while the window is full or
 * the connection is down, is in `sent` until its reply comes, and in `delayed` while the server
 * asks for patience (NFS3ERR_JUKEBOX). When the connection fails, everything in `sent` goes back to
 * the head of `ready` in its old order, marked as ambiguous: the server may have carried it out. A
 * new connection is made after a growing pause. A connection has also failed when the server is
 * silent, or leaves one request without a reply and answers later ones. When the server gave no
 * sign for `retry_for_ms`, every call is answered with no result and calls->err says why.
 *
 * Unit:      milliseconds of a monotonic clock.
 * Thread:    one.
 * Ownership: a call belongs to the table from nfs_call_start() until its done() runs; then to its
 *            owner again, who may start it anew from inside done(). args must stay valid meanwhile.
 * Source:    RFC 1813 4.5 and 4.8; RFC 5531. */
#ifndef NFS_CALL_H
#define NFS_CALL_H

#include "nfs3_xdr.h"
#include "nfs_window.h"
#include "rpc.h"

struct nfs_calls;
struct nfs4;
struct nfs4_owner;

/* For the sake of NFSv4: make a file, write its first bytes and, when that is all of it, set its
 * final attributes, in one request. */
struct nfs_store_args {
	CREATE3args create;
	WRITE3args write;	/* its handle is that of the new file */
	bool has_after;
	sattr3 after;
};

struct nfs_store_res {
	nfsstat3 status;	/* first word; of the making: the rest is told if that is NFS3_OK */
	bool has_fh;
	struct nfs3_fh fh;
	WRITE3res write;	/* its status is NFS3ERR_IO when it was not come to */
	bool set;		/* and attrs are the final ones */
	post_op_attr attrs;
};

struct nfs_call {
	struct rpc_slot slot;		/* first member */
	struct nfs_calls *calls;
	struct nfs_call *prev, *next;
	enum nfs_call_where { CALL_IDLE, CALL_READY, CALL_SENT, CALL_DELAYED } where;
	enum i2n_proc proc;
	bool ambiguous;			/* an earlier sending may have been carried out */
	/* Set by the owner. The server may answer such a request by closing the connection: after
	 * some, it counts as answered with NFS3ERR_NOTSUPP. */
	bool optional;
	bool first;			/* before all others, whenever it may be sent */
	unsigned short sendings, jukebox;
	int64_t due_ms, since_ms, sent_us, waited_us;
	uint64_t seq;			/* of its latest sending */
	/* NFSv4's: who opens the file that is made; how often it was sent again for the sake of
	 * state */
	struct nfs4_owner *opener;
	unsigned short state_tries;
	/* res: the XDR result, valid during the call; status is its first member. NULL: will never
	 * be answered, see calls->err. */
	void (*done)(struct nfs_call *call, const void *res);
	/* NULL, or: runs before each sending, to fill in what args points at. false: it cannot be
	 * sent; done runs with NULL. */
	bool (*load)(struct nfs_call *call);
	/* NULL, or: runs after each sending. */
	void (*sent)(struct nfs_call *call);
	union {
		LOOKUP3args lookup;
		GETATTR3args getattr;
		SETATTR3args setattr;
		FSINFO3args fsinfo;
		FSSTAT3args fsstat;
		READDIRPLUS3args readdirplus;
		ACCESS3args access;
		CREATE3args create;
		MKDIR3args mkdir;
		SYMLINK3args symlink;
		MKNOD3args mknod;
		LINK3args link;
		WRITE3args write;
		COMMIT3args commit;
		REMOVE3args remove;
		RMDIR3args rmdir;
		READLINK3args readlink;
		struct rpc_read_args read;
		RENAME3args rename;
		GETACL3args getacl;
		SETACL3args setacl;
		struct nfs_store_args store;
	} args;
};

struct nfs_call_list {
	struct nfs_call *head, *tail;
	unsigned n;
};

struct nfs_calls {
	struct rpc_target target;
	struct rpc_conn *conn;			/* NULL: none now */
	struct nfs4 *v4;			/* NULL: NFSv3. Made by the owner of calls */
	struct i2n_sink_stats *stats;
	const struct i2n_notes *notes;
	struct nfs_call_list ready, sent, delayed;
	struct nfs_window window;		/* its limit of bytes is for others to keep */
	bool up;				/* conn is up and noticed to be */
	bool was_up;				/* the server has answered over some connection */
	bool pinged;				/* this connection is up only when the server has
						 * answered */
	bool answered;				/* some request has been answered */
	bool denied;				/* dead because the server refuses us below NFS */
	bool dead;				/* err is set, nothing will be sent any more */
	bool given_up;				/* dead, and no reply is awaited */
	int64_t retry_for_ms;			/* 0: give up at the first failure */
	int64_t no_reply_ms;			/* a connection silent for so long is given up */
	uint64_t seq, seq_answered;		/* the latest sending; the latest that was
						 * answered */
	int64_t heard_ms;			/* last sign from the server, or since when it owes
						 * us one */
	int64_t outage_ms;			/* since when there is trouble, 0 = there is none */
	int64_t backoff_ms, retry_at_ms, connect_by_ms;
	int64_t told_ms;			/* last note about waiting */
	struct i2n_err err;
};

int64_t nfs_now_us(void);
int64_t nfs_now_ms(void);

/* conn: one to target that is up or about to be, now of the calls; or NULL: nothing is connected
 * until there is a call. A server that never answered is given up after less than a second,
 * whatever retry_for_ms says. */
void nfs_calls_init(struct nfs_calls *calls, const struct rpc_target *target, struct rpc_conn *conn,
		    const struct i2n_nfs_opts *opts, struct i2n_sink_stats *stats,
		    const struct i2n_notes *notes);

/* Queue; proc, args, done are set. done never runs inside. */
void nfs_call_start(struct nfs_calls *calls, struct nfs_call *call);
/* Not any more: it becomes idle, done does not run. Not while its request is on its way over a
 * living connection. */
void nfs_call_withdraw(struct nfs_call *call);
/* Hand to libnfs what may be sent now, if there is a connection, rather than at the next service.
 * done may run, for calls that cannot be loaded. */
void nfs_calls_push(struct nfs_calls *calls);
/* true: another call would be sent at once rather than wait for the window. */
bool nfs_calls_have_room(const struct nfs_calls *calls);
bool nfs_calls_are_idle(const struct nfs_calls *calls);

/* Send, wait at most timeout_ms for something to happen, run done() of what is answered. I2N_FATAL:
 * dead; all calls have been answered. */
int nfs_calls_service(struct nfs_calls *calls, int timeout_ms);

/* Answer everything that is not on its way to the server with *why; if also_sent, drop the
 * connection and answer the rest too. Calls started later are answered in the same way. */
void nfs_calls_stop(struct nfs_calls *calls, const struct i2n_err *why, bool also_sent);

/* The same with also_sent, from inside a done(), where the connection is in use: at the end of this
 * service. */
void nfs_calls_give_up(struct nfs_calls *calls, const struct i2n_err *why);

/* Forget all calls without running done, close. */
void nfs_calls_release(struct nfs_calls *calls);

#endif
