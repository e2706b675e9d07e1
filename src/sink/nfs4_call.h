/* nfs4_call.h - requests of NFSv3 as COMPOUNDs of NFSv4.0, and their results back.
 *
 *	nfs4_call.c	what goes into a COMPOUND
 *	nfs4_reply.c	what comes of it
 *	nfs4_client.c	the client id, its lease, and who opens files
 *
 * What the sink needs of a server is the same with both, so the sink speaks NFSv3 with nfs_call.c,
 * which asks here when the server is one of NFSv4. Only two requests have no twin in NFSv3:
 * I2N_PROC_STORE, and I2N_PROC_ROOT, which takes the place of MOUNT.
 *
 * State. NFSv4 can only create a file by opening it, and an open file is state of the server's,
 * which it forgets when it restarts or when the client is silent for too long. We need none of it:
 * data is written with the anonymous stateid (RFC 7530 9.1.4.3), so a file is of no more use when
 * the COMPOUND that opened it is answered. It is closed by the next COMPOUND of the same
 * open-owner; each request under way that opens something has an owner of its own, because an
 * owner's sequence numbers allow one at a time (9.1.7).
 * When nobody knows whether a request was carried out, its owner is not used any more, and sending
 * again is what it is with NFSv3. There is nothing to reclaim: when the server says that it has
 * forgotten us we become a new incarnation of the client (SETCLIENTID with another verifier,
 * 16.33), upon which it drops what the last one had open. That is how all files are closed at the
 * end, too, unless connections were lost: while a late request is carried out nfs-ganesha 6.5 does
 * not survive it (seen), so then the end of the lease closes them.
 *
 * Trust:     a reply may have fewer results than operations, and others.
 * Source:    RFC 7530 9 (state), 16 (operations). */
#ifndef NFS4_CALL_H
#define NFS4_CALL_H

#include "nfs4_xdr.h"
#include "nfs_call.h"

/* For a server at this address. NULL: out of memory. */
struct nfs4 *nfs4_new(const struct i2n_notes *notes);
void nfs4_free(struct nfs4 *v4);

/* It opens a file, and there is no client id yet. */
bool nfs4_needs_client(const struct nfs4 *v4, const struct nfs_call *call);
/* true: a call for that was put before all others; false: it is under way. */
bool nfs4_become_client(struct nfs4 *v4, struct nfs_calls *calls);
/* Is there something open at the server? Then closing all is this: */
bool nfs4_has_open(const struct nfs4 *v4);
void nfs4_close_all(struct nfs4 *v4, struct nfs_calls *calls);
bool nfs4_is_closing(const struct nfs4 *v4);

/* Renew the lease when it is time. */
void nfs4_renew(struct nfs4 *v4, struct nfs_calls *calls, int64_t now_ms);
/* The connection is gone. */
void nfs4_lost(struct nfs4 *v4);
/* The call's reply will not come, or nobody knows what it did: whoever should have opened is of no
 * more use. */
void nfs4_forget_opener(struct nfs_call *call);

/* As rpc_conn_send(). */
bool nfs4_send(struct nfs4 *v4, struct rpc_conn *conn, struct nfs_call *call);
/* The result of NFSv3, valid until the next. NULL: it has to be sent again. */
const void *nfs4_take(struct nfs4 *v4, struct nfs_call *call, const COMPOUND4res *res);

#endif
