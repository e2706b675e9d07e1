/* rpc.h - a connection to one RPC program: one line of TCP, or several that live and
 * die together. rpc_own.h, rpc_async.c and rpc_task.c are the only files that know which libnfs it
 * is built against.
 *
 * A connection lives once: new -> (connecting) -> up -> failed -> free. It is never repaired:
 * libnfs' own reconnecting re-sends in another order and can wedge a server, so after any failure
 * the owner frees it and makes another.
 *
 * Thread:    one connection, one thread. rpc_conn_new() resolves nothing: hosts are numeric
 *            addresses (rpc_resolve()).
 * Ownership: a slot must live until its reply came or the connection is freed, whichever is first;
 *            freeing runs no reply. Strings and handles in args may go once rpc_conn_send() is
 *            back, WRITE data must stay as long as the slot unless rpc_copies_data().
 * Trust:     replies are XDR-decoded by libnfs and not yet judged: lengths of handles and counts
 *            are hostile. */
#ifndef SINK_RPC_H
#define SINK_RPC_H

#include "img2nfs/sink.h"

#include "nfs3_xdr.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rpc_conn;
struct sockaddr;

enum rpc_program { RPC_NFS3, RPC_MOUNT3 };
enum rpc_state { RPC_CONNECTING, RPC_UP, RPC_FAILED };

/* Beside AUTH_SYS over plain TCP, which is NULL. Static texts, as in libnfs' URLs. */
struct rpc_security {
	const char *sec;	/* "krb5", "krb5i", "krb5p" */
	const char *xprtsec;	/* "tls", "mtls" */
};

struct rpc_target {
	char addr[64];		/* numeric */
	uint16_t port;		/* 0 = ask the portmapper there */
	enum rpc_program program;
	bool nfs4;		/* version 4 of it, not 3 */
	uint32_t uid, gid;
	struct rpc_security security;	/* of NFS; MOUNT and the portmapper have none */
	char host[256];		/* its name, for that */
	unsigned lines;		/* 0 is 1; requests take turns */
	bool ping;		/* with a port: up only when the server has answered a NULL call
				 * of the program, not when something has accepted */
};

/* Embed; reply runs inside rpc_conn_service(), only for answered requests. res: the XDR result
 * (CREATE3res, ...), valid during the call. */
struct rpc_slot {
	void (*reply)(struct rpc_slot *slot, const void *res);
	struct rpc_conn *conn;	/* rpc.c's own */
};

#define RPC_ADDRS_MAX 8
#define RPC_LINES_MAX I2N_NFS_CONNECTIONS_MAX

/* Numeric addresses of a host; blocks as long as the system's resolver does. */
int rpc_resolve(const char *host, char (*ret_addrs)[64], unsigned *ret_n, struct i2n_err *err);

/* Can this libnfs do it? Else I2N_FATAL, domain USAGE. What it cannot do is never left out. */
int rpc_can_secure(const struct rpc_security *want, struct i2n_err *err);
void rpc_target_secure(struct rpc_target *target, const struct i2n_nfs_url *url);
bool rpc_target_is_secured(const struct rpc_target *target);

struct rpc_conn *rpc_conn_new(const struct rpc_target *target);	/* NULL: out of memory */
enum rpc_state rpc_conn_state(const struct rpc_conn *conn);
const char *rpc_conn_error(const struct rpc_conn *conn);	/* why it failed; text from libnfs,
								 * ASCII */
bool rpc_conn_is_denied(const struct rpc_conn *conn);		/* the server answered, and refused
								 * us or the program */
bool rpc_conn_has_no_memory(const struct rpc_conn *conn);	/* libnfs got none: nobody else's
								 * fault */

/* READ: some libnfs put the data into a buffer of ours, which must stay as long as the slot, others
 * hand over theirs.
 */
struct rpc_read_args {
	READ3args xdr;
	void *buf;		/* xdr.count bytes */
};

/* After a READ answered with NFS3_OK: bring the data into buf, return how much it is, at most
 * cap. */
uint32_t rpc_read_take(const READ3res *res, void *buf, uint32_t cap);

/* The result of NFSv4's READ as that of NFSv3, for rpc_read_take(). */
struct READ4resok;
void rpc_read_of4(const struct READ4resok *from, READ3resok *ret);

/* This libnfs copies the data of WRITEs into the request. */
bool rpc_copies_data(void);

/* Queue a request. false: not queued, the connection has failed. Never called on one that is not
 * up. */
/* GETACL and SETACL go to the program NFSACL; where the server has none, or does not take the
 * arguments, the reply is NFS3ERR_NOTSUPP. */
bool rpc_conn_send(struct rpc_conn *conn, enum i2n_proc proc, void *args, struct rpc_slot *slot);
/* Can this libnfs send COMPOUNDs? (from 5.0 on) */
bool rpc_has_nfs4(void);
/* Can they go on after a WRITE? (not in 6.0 and later) */
bool rpc_nfs4_goes_on(void);
/* args: copied, but for the data of a WRITE, which stays as long as the slot. room: bytes of that
 * data, names and targets in it. The result is COMPOUND4res. A READ, which is the last operation
 * then, puts its data where rpc_read_take() says. */
struct COMPOUND4args;
bool rpc_conn_send_compound(struct rpc_conn *conn, struct COMPOUND4args *args, size_t room,
			    void *read_buf, struct rpc_slot *slot);
bool rpc_conn_send_mnt(struct rpc_conn *conn, char *path, struct rpc_slot *slot);
bool rpc_conn_send_export(struct rpc_conn *conn, struct rpc_slot *slot);

/* Wait at most timeout_ms for something to do and do it. Look at the state afterwards. */
void rpc_conn_service(struct rpc_conn *conn, int timeout_ms);
/* The same with two at a time; the second may be NULL or have failed. */
void rpc_conns_service(struct rpc_conn *conn, struct rpc_conn *second, int timeout_ms);
/* Write what was queued meanwhile, as far as the socket takes it. */
void rpc_conn_flush(struct rpc_conn *conn);

/* Our own numeric address on this connection, "" if unknown. *ret_low: our port is below 1024. */
const char *rpc_conn_local(const struct rpc_conn *conn, char *buf, size_t cap, bool *ret_low);
/* The port that the connection reached. 0 = not connected. */
uint16_t rpc_conn_port(const struct rpc_conn *conn);

/* Closes with a reset, as libnfs does: wait for outstanding replies first where they matter. */
void rpc_conn_free(struct rpc_conn *conn);

#endif
