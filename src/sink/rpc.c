#include "rpc.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include <sys/types.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/uio.h>		/* libnfs-raw.h of 6.0 needs struct iovec and does not say so */
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include <nfsc/libnfs.h>
#include <nfsc/libnfs-raw.h>
#include <nfsc/libnfs-raw-mount.h>
#include <nfsc/libnfs-raw-nfs.h>
#include <nfsc/libnfs-raw-nfs4.h>

/* 4.0 and 5.0 name the raw calls _async and return int, 6 and 7 name them _task and return the
 * PDU. */
#ifdef LIBNFS_API_V2
#define NFS3(op, args) (rpc_nfs3_##op##_task(conn->rpc, on_reply, (args), slot) != NULL)
#define NFSACL(op, args) (rpc_nfsacl3_##op##_task(conn->rpc, on_acl_reply, (args), slot) != NULL)
#define SEND_READ(args) \
	(rpc_nfs3_read_task(conn->rpc, on_reply, (args)->buf, (args)->xdr.count, &(args)->xdr,
			    slot) != NULL)
#define CALL_MNT(path) (rpc_mount3_mnt_task(conn->rpc, on_reply, (path), slot) != NULL)
#define CALL_EXPORT() (rpc_mount3_export_task(conn->rpc, on_reply, slot) != NULL)
#else
#define NFS3(op, args) (rpc_nfs3_##op##_async(conn->rpc, on_reply, (args), slot) >= 0)
#define NFSACL(op, args) (rpc_nfsacl_##op##_async(conn->rpc, on_acl_reply, (args), slot) >= 0)
#define SEND_READ(args) (rpc_nfs3_read_async(conn->rpc, on_reply, &(args)->xdr, slot) >= 0)
#define CALL_MNT(path) (rpc_mount3_mnt_async(conn->rpc, on_reply, (path), slot) >= 0)
#define CALL_EXPORT() (rpc_mount3_export_async(conn->rpc, on_reply, slot) >= 0)
#endif

struct rpc_conn {
	struct nfs_context *nfs;
	struct rpc_context *rpc;
	enum rpc_state state;
	bool denied;
	bool quiet;		/* being freed: callbacks mean nothing */
	char error[160];
};

int rpc_resolve(const char *host, char (*ret_addrs)[64], unsigned *ret_n, struct i2n_err *err)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *list, *ai;
	unsigned n = 0;
	int rc = getaddrinfo(host, NULL, &hints, &list);

	if (rc)
		return i2n_fail(err, I2N_FATAL, I2N_DOM_RPC, 0, "cannot find host '%s': %s", host,
				gai_strerror(rc));
	for (ai = list; ai && n < RPC_ADDRS_MAX; ai = ai->ai_next)
		if (!getnameinfo(ai->ai_addr, ai->ai_addrlen, ret_addrs[n], 64, NULL, 0,
				 NI_NUMERICHOST))
			n++;
	freeaddrinfo(list);
	*ret_n = n;
	return n ? I2N_OK : i2n_fail(err, I2N_FATAL, I2N_DOM_RPC, 0,
				     "host '%s' has no usable address", host);
}

/* libnfs tells of its own (switched off) reconnecting or of poll(2) when the other side has
 * closed. */
static const char *plain(const char *text)
{
	if (!text || !*text || strstr(text, "reconnect") || strstr(text, "POLLHUP"))
		return "the connection was closed";
	return strncmp(text, "RPC ERROR: ", 11) ? text : text + 11;
}

static void fail(struct rpc_conn *conn, const char *text)
{
	size_t i;

	if (conn->quiet || conn->state == RPC_FAILED)
		return;
	conn->state = RPC_FAILED;
	text = plain(text);
	for (i = 0; text[i] && i < sizeof(conn->error) - 1; i++)
		conn->error[i] = text[i] >= ' ' && text[i] < 127 ? text[i] : '?';
	conn->error[i] = '\0';
	conn->denied = strstr(text, "not accepted") || strstr(text, "Server responded");
}

static void set_int(int fd, int level, int name, int value)
{
	/* all of them only make things better */
	(void)setsockopt(fd, level, name, &value, sizeof(value));
}

static void tune(int fd)
{
	set_int(fd, IPPROTO_TCP, TCP_NODELAY, 1);
	set_int(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
#ifdef TCP_KEEPIDLE
	set_int(fd, IPPROTO_TCP, TCP_KEEPIDLE, 30);
	set_int(fd, IPPROTO_TCP, TCP_KEEPINTVL, 10);
	set_int(fd, IPPROTO_TCP, TCP_KEEPCNT, 3);
#endif
#ifdef SO_NOSIGPIPE	/* where send() knows no MSG_NOSIGNAL */
	set_int(fd, SOL_SOCKET, SO_NOSIGPIPE, 1);
#endif
}

static void on_connected(struct rpc_context *rpc, int status, void *data, void *private_data)
{
	struct rpc_conn *conn = private_data;

	if (conn->quiet)
		return;
	if (status != RPC_STATUS_SUCCESS) {
		fail(conn, status == RPC_STATUS_ERROR && data ? data : rpc_get_error(rpc));
		return;
	}
	conn->state = RPC_UP;
	tune(rpc_get_fd(rpc));
}

/* Any status but success ends the connection. Here that is only remembered: nothing may be queued
 * from an error callback (libnfs 4.0 aborts), and libnfs 6 and 7 do not even call back for every
 * request. */
static void on_reply(struct rpc_context *rpc, int status, void *data, void *private_data)
{
	struct rpc_slot *slot = private_data;

	if (status == RPC_STATUS_SUCCESS && data && !slot->conn->quiet)
		slot->reply(slot, data);
	else
		fail(slot->conn, status == RPC_STATUS_ERROR && data ? data : rpc_get_error(rpc));
}

/* A server without NFSACL answers that it has no such program, and others find fault with arguments
 * that they should take: the connection is as good as before. */
static void on_acl_reply(struct rpc_context *rpc, int status, void *data, void *private_data)
{
	struct rpc_slot *slot = private_data;
	union {
		nfsstat3 status;
		GETACL3res get;
		SETACL3res set;
	} res;

	if (status != RPC_STATUS_ERROR || !data || !strstr(data, "Server responded") ||
	    slot->conn->quiet) {
		on_reply(rpc, status, data, private_data);
		return;
	}
	memset(&res, 0, sizeof(res));
	res.status = NFS3ERR_NOTSUPP;
	slot->reply(slot, &res);
}

struct rpc_conn *rpc_conn_new(const struct rpc_target *target)
{
	struct rpc_conn *conn = calloc(1, sizeof(*conn));
	int program = target->program == RPC_NFS3 ? NFS_PROGRAM : MOUNT_PROGRAM;
	int version = target->nfs4 ? 4 : 3, rc;

	if (!conn)
		return NULL;
	conn->nfs = nfs_init_context();
	if (!conn->nfs) {
		free(conn);
		return NULL;
	}
	conn->rpc = nfs_get_rpc_context(conn->nfs);
	nfs_set_timeout(conn->nfs, 0);	/* ours are in nfs_call.c; those of libnfs 6.0 fire at
					 * once */
	nfs_set_uid(conn->nfs, (int)target->uid);
	nfs_set_gid(conn->nfs, (int)target->gid);
	if (target->port && !target->ping)
		rc = rpc_connect_async(conn->rpc, target->addr, target->port, on_connected, conn);
	else if (target->port)
		rc = rpc_connect_port_async(conn->rpc, target->addr, target->port, program, version,
					    on_connected, conn);
	else
		rc = rpc_connect_program_async(conn->rpc, target->addr, program, version,
					       on_connected, conn);
	if (rc < 0)
		fail(conn, rpc_get_error(conn->rpc));
	return conn;
}

enum rpc_state rpc_conn_state(const struct rpc_conn *conn)
{
	return conn->state;
}

const char *rpc_conn_error(const struct rpc_conn *conn)
{
	return conn->error;
}

bool rpc_conn_is_denied(const struct rpc_conn *conn)
{
	return conn->denied;
}

static bool queued(struct rpc_conn *conn, bool ok)
{
	if (!ok)
		fail(conn, rpc_get_error(conn->rpc));
	return ok;
}

static bool send_nfs3(struct rpc_conn *conn, enum i2n_proc proc, void *args, struct rpc_slot *slot)
{
	switch (proc) {
	case I2N_PROC_LOOKUP:
		return NFS3(lookup, args);
	case I2N_PROC_GETATTR:
		return NFS3(getattr, args);
	case I2N_PROC_SETATTR:
		return NFS3(setattr, args);
	case I2N_PROC_FSINFO:
		return NFS3(fsinfo, args);
	case I2N_PROC_FSSTAT:
		return NFS3(fsstat, args);
	case I2N_PROC_READDIRPLUS:
		return NFS3(readdirplus, args);
	case I2N_PROC_CREATE:
		return NFS3(create, args);
	case I2N_PROC_MKDIR:
		return NFS3(mkdir, args);
	case I2N_PROC_SYMLINK:
		return NFS3(symlink, args);
	case I2N_PROC_MKNOD:
		return NFS3(mknod, args);
	case I2N_PROC_LINK:
		return NFS3(link, args);
	case I2N_PROC_WRITE:
		return NFS3(write, args);
	case I2N_PROC_COMMIT:
		return NFS3(commit, args);
	case I2N_PROC_REMOVE:
		return NFS3(remove, args);
	case I2N_PROC_RMDIR:
		return NFS3(rmdir, args);
	case I2N_PROC_RENAME:
		return NFS3(rename, args);
	case I2N_PROC_READLINK:
		return NFS3(readlink, args);
	case I2N_PROC_ACCESS:
		return NFS3(access, args);
	case I2N_PROC_GETACL:
		return NFSACL(getacl, args);
	case I2N_PROC_SETACL:
		return NFSACL(setacl, args);
	case I2N_PROC_READ:
		return SEND_READ((struct rpc_read_args *)args);
	default:
		return false;	/* NULL is sent by connecting, MNT has its own function */
	}
}

uint32_t rpc_read_take(const READ3res *res, void *buf, uint32_t cap)
{
#ifdef LIBNFS_API_V2
	uint32_t n = res->READ3res_u.resok.count;

	(void)buf;	/* it is there */
	return n < cap ? n : cap;
#else
	uint32_t n = res->READ3res_u.resok.data.data_len;

	n = n < cap ? n : cap;
	if (n)
		memcpy(buf, res->READ3res_u.resok.data.data_val, n);
	return n;
#endif
}

/* 4.0 does, 6 and 7 do not; of 5.0 some do, and a program may be built with one and run with
 * another of them. */
bool rpc_copies_data(void)
{
	return !strncmp(I2N_LIBNFS_VERSION, "4.", 2);
}

bool rpc_conn_send(struct rpc_conn *conn, enum i2n_proc proc, void *args, struct rpc_slot *slot)
{
	slot->conn = conn;
	return queued(conn, send_nfs3(conn, proc, args, slot));
}

#if defined(LIBNFS_API_V2)

bool rpc_has_nfs4(void)
{
	return true;
}

bool rpc_nfs4_goes_on(void)
{
	return false;
}

/* READ and WRITE have calls of their own, in which they must be the last operation. */
bool rpc_conn_send_compound(struct rpc_conn *conn, COMPOUND4args *args, size_t room,
			    void *read_buf, struct rpc_slot *slot)
{
	nfs_argop4 *last = &args->argarray.argarray_val[args->argarray.argarray_len - 1];
	struct rpc_pdu *pdu;

	slot->conn = conn;
	if (last->argop == OP_READ)
		pdu = rpc_nfs4_read_task(conn->rpc, on_reply, read_buf,
					 last->nfs_argop4_u.opread.count, args, slot);
	else if (last->argop == OP_WRITE)
		pdu = rpc_nfs4_write_task(conn->rpc, on_reply,
					  last->nfs_argop4_u.opwrite.data.data_val,
					  last->nfs_argop4_u.opwrite.data.data_len, args, slot);
	else
		pdu = rpc_nfs4_compound_task2(conn->rpc, on_reply, args, slot, room);
	return queued(conn, pdu != NULL);
}

#elif defined(LIBNFS_FEATURE_MULTITHREADING)

bool rpc_has_nfs4(void)
{
	return true;
}

bool rpc_nfs4_goes_on(void)
{
	return true;
}

bool rpc_conn_send_compound(struct rpc_conn *conn, COMPOUND4args *args, size_t room,
			    void *read_buf, struct rpc_slot *slot)
{
	(void)read_buf;	/* the reply brings the data */
	slot->conn = conn;
	return queued(conn, rpc_nfs4_compound_async2(conn->rpc, on_reply, args, slot, room) >= 0);
}

#else	/* 4.0 encodes into 4096 bytes: too small for a file */

bool rpc_has_nfs4(void)
{
	return false;
}

bool rpc_nfs4_goes_on(void)
{
	return false;
}

bool rpc_conn_send_compound(struct rpc_conn *conn, COMPOUND4args *args, size_t room,
			    void *read_buf, struct rpc_slot *slot)
{
	(void)args, (void)room, (void)read_buf, (void)slot;
	fail(conn, "this libnfs cannot send COMPOUNDs");
	return false;
}

#endif

bool rpc_conn_send_mnt(struct rpc_conn *conn, char *path, struct rpc_slot *slot)
{
	slot->conn = conn;
	return queued(conn, CALL_MNT(path));
}

bool rpc_conn_send_export(struct rpc_conn *conn, struct rpc_slot *slot)
{
	slot->conn = conn;
	return queued(conn, CALL_EXPORT());
}

/* Why a connection could not be made, in the system's words: libnfs only tells that it saw a
 * POLLHUP. */
static bool is_refused(struct rpc_conn *conn, int revents)
{
	int code = 0;
	socklen_t len = sizeof(code);

	if (conn->state == RPC_UP || !(revents & (POLLERR | POLLHUP)) ||
	    getsockopt(rpc_get_fd(conn->rpc), SOL_SOCKET, SO_ERROR, &code, &len) || !code)
		return false;
	fail(conn, strerror(code));
	return true;
}

static void service(struct rpc_conn *conn, int revents)
{
	if (is_refused(conn, revents))
		return;
	if (rpc_service(conn->rpc, revents) < 0)
		fail(conn, rpc_get_error(conn->rpc));
}

/* The system's own word for what happened, where it has one. */
static void take_socket_error(struct rpc_conn *conn)
{
	int code = 0;
	socklen_t len = sizeof(code);

	if (!getsockopt(rpc_get_fd(conn->rpc), SOL_SOCKET, SO_ERROR, &code, &len) && code)
		fail(conn, strerror(code));
}

static bool is_alive(const struct rpc_conn *conn)
{
	return conn && conn->state != RPC_FAILED;
}

static void take_events(struct rpc_conn *conn, int revents)
{
	if (!revents || !is_alive(conn))
		return;
	if (revents & POLLERR)
		take_socket_error(conn);
	service(conn, revents);	/* also after an error: libnfs then frees what belongs to
				 * connecting */
}

void rpc_conns_service(struct rpc_conn *conn, struct rpc_conn *second, int timeout_ms)
{
	struct rpc_conn *conns[2] = { conn, second };
	struct pollfd pfds[2];
	int n;

	/* a negative fd, as libnfs has it while it changes sockets, is just waited for */
	for (int i = 0; i < 2; i++) {
		bool alive = is_alive(conns[i]);

		pfds[i] = (struct pollfd){ .fd = alive ? rpc_get_fd(conns[i]->rpc) : -1 };
		if (alive)
			pfds[i].events = (short)rpc_which_events(conns[i]->rpc);
	}
	if (!is_alive(conn))
		return;
	n = poll(pfds, second ? 2 : 1, timeout_ms);
	if (n < 0 && errno != EINTR)
		fail(conn, strerror(errno));
	for (int i = 0; n > 0 && i < 2; i++)
		take_events(conns[i], pfds[i].revents);
}

void rpc_conn_service(struct rpc_conn *conn, int timeout_ms)
{
	rpc_conns_service(conn, NULL, timeout_ms);
}

void rpc_conn_flush(struct rpc_conn *conn)
{
	if (conn->state == RPC_UP && rpc_which_events(conn->rpc) & POLLOUT)
		service(conn, POLLOUT);
}

static uint16_t port_of(const struct sockaddr_storage *ss)
{
	return ntohs(ss->ss_family == AF_INET6 ? ((const struct sockaddr_in6 *)ss)->sin6_port
					       : ((const struct sockaddr_in *)ss)->sin_port);
}

const char *rpc_conn_local(const struct rpc_conn *conn, char *buf, size_t cap, bool *ret_low)
{
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);

	buf[0] = '\0';
	*ret_low = false;
	if (getsockname(rpc_get_fd(conn->rpc), (struct sockaddr *)&ss, &len))
		return buf;
	(void)getnameinfo((struct sockaddr *)&ss, len, buf, (socklen_t)cap, NULL, 0,
			  NI_NUMERICHOST);
	*ret_low = port_of(&ss) < 1024;
	return buf;
}

uint16_t rpc_conn_port(const struct rpc_conn *conn)
{
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);

	if (getpeername(rpc_get_fd(conn->rpc), (struct sockaddr *)&ss, &len))
		return 0;
	return port_of(&ss);
}

void rpc_conn_free(struct rpc_conn *conn)
{
	if (!conn)
		return;
	conn->quiet = true;
	nfs_destroy_context(conn->nfs);
	free(conn);
}
