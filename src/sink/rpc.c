#include "rpc_own.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include <sys/types.h>
#include <sys/socket.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

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
	conn->no_memory = strstr(text, "ut of memory") || strstr(text, "ailed to allocate");
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
	tune(rpc_get_fd(rpc));
	if (++conn->n_up == conn->n)
		conn->state = RPC_UP;
}

/* Any status but success ends the connection. Here that is only remembered: nothing may be queued
 * from an error callback (libnfs 4.0 aborts), and libnfs 6 and 7 do not even call back for every
 * request. */
void rpc_on_reply(struct rpc_context *rpc, int status, void *data, void *private_data)
{
	struct rpc_slot *slot = private_data;

	if (status == RPC_STATUS_SUCCESS && data && !slot->conn->quiet)
		slot->reply(slot, data);
	else
		fail(slot->conn, status == RPC_STATUS_ERROR && data ? data : rpc_get_error(rpc));
}

/* A server without NFSACL answers that it has no such program, and others find fault with arguments
 * that they should take: the connection is as good as before. */
void rpc_on_acl_reply(struct rpc_context *rpc, int status, void *data, void *private_data)
{
	struct rpc_slot *slot = private_data;
	union {
		nfsstat3 status;
		GETACL3res get;
		SETACL3res set;
	} res;

	if (status != RPC_STATUS_ERROR || !data || !strstr(data, "Server responded") ||
	    slot->conn->quiet) {
		rpc_on_reply(rpc, status, data, private_data);
		return;
	}
	memset(&res, 0, sizeof(res));
	res.status = NFS3ERR_NOTSUPP;
	slot->reply(slot, &res);
}

void rpc_target_secure(struct rpc_target *target, const struct i2n_nfs_url *url)
{
	target->security = (struct rpc_security){ url->sec, url->xprtsec };
	/* no host is longer */
	(void)strncpy(target->host, url->host, sizeof(target->host) - 1);
}

bool rpc_target_is_secured(const struct rpc_target *target)
{
	return target->security.sec || target->security.xprtsec;
}

/* A secured connection is up when that has been agreed on, which libnfs does after the NULL call;
 * and it is made to a name, which tickets and certificates are for. */
static int begin(struct rpc_conn *conn, unsigned i, const struct rpc_target *target)
{
	struct rpc_context *rpc = conn->line[i];
	int program = target->program == RPC_NFS3 ? NFS_PROGRAM : MOUNT_PROGRAM;
	int version = target->nfs4 ? 4 : 3;
	bool secured = target->program == RPC_NFS3 && rpc_target_is_secured(target);
	const char *to = secured ? target->host : target->addr;
	const char *why = secured ? rpc_secure(conn->nfs[i], &target->security) : NULL;

	if (why) {
		fail(conn, why);
		return 0;
	}
	if (!target->port)
		return rpc_connect_program_async(rpc, to, program, version, on_connected, conn);
	if (target->ping || secured)
		return rpc_connect_port_async(rpc, to, target->port, program, version, on_connected,
					      conn);
	return rpc_connect_async(rpc, to, target->port, on_connected, conn);
}

static bool add_line(struct rpc_conn *conn, const struct rpc_target *target)
{
	struct nfs_context *nfs = nfs_init_context();

	if (!nfs)
		return false;
	/* ours are in nfs_call.c; those of libnfs 6.0 fire at once */
	nfs_set_timeout(nfs, 0);
	nfs_set_uid(nfs, (int)target->uid);
	nfs_set_gid(nfs, (int)target->gid);
	conn->nfs[conn->n] = nfs;
	conn->line[conn->n++] = nfs_get_rpc_context(nfs);
	return true;
}

struct rpc_conn *rpc_conn_new(const struct rpc_target *target)
{
	struct rpc_conn *conn = calloc(1, sizeof(*conn));
	unsigned i;

	if (!conn)
		return NULL;
	for (i = 0; i < (target->lines ? target->lines : 1) && i < RPC_LINES_MAX; i++) {
		if (!add_line(conn, target)) {
			rpc_conn_free(conn);
			return NULL;
		}
	}
	conn->rpc = conn->line[0];
	for (i = 0; i < conn->n && conn->state != RPC_FAILED; i++)
		if (begin(conn, i, target) < 0)
			fail(conn, rpc_get_error(conn->line[i]));
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

bool rpc_conn_has_no_memory(const struct rpc_conn *conn)
{
	return conn->no_memory;
}

static bool queued(struct rpc_conn *conn, bool ok)
{
	if (!ok)
		fail(conn, rpc_get_error(conn->rpc));
	return ok;
}

/* Those that all have the same signature: procedure, and libnfs' name for it. */
#define NFS3_PROCS(X) \
	X(LOOKUP, lookup) X(GETATTR, getattr) X(SETATTR, setattr) X(FSINFO, fsinfo) \
	X(FSSTAT, fsstat) X(READDIRPLUS, readdirplus) X(CREATE, create) X(MKDIR, mkdir) \
	X(SYMLINK, symlink) X(MKNOD, mknod) X(LINK, link) X(WRITE, write) X(COMMIT, commit) \
	X(REMOVE, remove) X(RMDIR, rmdir) X(RENAME, rename) X(READLINK, readlink) \
	X(ACCESS, access)
#define NFS3_CASE(proc, op) \
	case I2N_PROC_##proc: \
		return RPC_CALL(nfs3_##op, conn, args, slot);

static void next_line(struct rpc_conn *conn)
{
	conn->turn = (conn->turn + 1) % conn->n;
	conn->rpc = conn->line[conn->turn];
}

static bool queue(struct rpc_conn *conn, enum i2n_proc proc, void *args, struct rpc_slot *slot)
{
	switch (proc) {
		NFS3_PROCS(NFS3_CASE)
	case I2N_PROC_GETACL:
		return RPC_ACL_CALL(getacl, conn, args, slot);
	case I2N_PROC_SETACL:
		return RPC_ACL_CALL(setacl, conn, args, slot);
	case I2N_PROC_READ:
		return rpc_queue_read(conn, args, slot);
	default:
		return false;	/* NULL is sent by connecting, MNT has its own function */
	}
}

bool rpc_conn_send(struct rpc_conn *conn, enum i2n_proc proc, void *args, struct rpc_slot *slot)
{
	slot->conn = conn;
	next_line(conn);
	return queued(conn, queue(conn, proc, args, slot));
}

bool rpc_conn_send_compound(struct rpc_conn *conn, COMPOUND4args *args, size_t room,
			    void *read_buf, struct rpc_slot *slot)
{
	slot->conn = conn;
	return queued(conn, rpc_queue_compound(conn, args, room, read_buf, slot));
}

bool rpc_conn_send_mnt(struct rpc_conn *conn, char *path, struct rpc_slot *slot)
{
	slot->conn = conn;
	return queued(conn, RPC_CALL(mount3_mnt, conn, path, slot));
}

bool rpc_conn_send_export(struct rpc_conn *conn, struct rpc_slot *slot)
{
	slot->conn = conn;
	return queued(conn, RPC_EXPORT_CALL(conn, slot));
}

/* Why a connection could not be made, in the system's words: libnfs only tells that it saw a
 * POLLHUP. */
static bool is_refused(struct rpc_conn *conn, struct rpc_context *rpc, int revents)
{
	int code = 0;
	socklen_t len = sizeof(code);

	if (conn->state == RPC_UP || !(revents & (POLLERR | POLLHUP)) ||
	    getsockopt(rpc_get_fd(rpc), SOL_SOCKET, SO_ERROR, &code, &len) || !code)
		return false;
	fail(conn, strerror(code));
	return true;
}

static void service(struct rpc_conn *conn, struct rpc_context *rpc, int revents)
{
	if (is_refused(conn, rpc, revents))
		return;
	if (rpc_service(rpc, revents) < 0)
		fail(conn, rpc_get_error(rpc));
}

/* The system's own word for what happened, where it has one. */
static void take_socket_error(struct rpc_conn *conn, struct rpc_context *rpc)
{
	int code = 0;
	socklen_t len = sizeof(code);

	if (!getsockopt(rpc_get_fd(rpc), SOL_SOCKET, SO_ERROR, &code, &len) && code)
		fail(conn, strerror(code));
}

static bool is_alive(const struct rpc_conn *conn)
{
	return conn && conn->state != RPC_FAILED;
}

static void take_events(struct rpc_conn *conn, struct rpc_context *rpc, int revents)
{
	if (!revents || !is_alive(conn))
		return;
	if (revents & POLLERR)
		take_socket_error(conn, rpc);
	/* also after an error: libnfs then frees what belongs to connecting */
	service(conn, rpc, revents);
}

/* A negative fd, as libnfs has it while it changes sockets, is just waited for. */
static unsigned want_events(const struct rpc_conn *conn, struct pollfd *pfds)
{
	unsigned i, n = is_alive(conn) ? conn->n : 0;

	for (i = 0; i < n; i++)
		pfds[i] = (struct pollfd){ .fd = rpc_get_fd(conn->line[i]),
					   .events = (short)rpc_which_events(conn->line[i]) };
	return n;
}

void rpc_conns_service(struct rpc_conn *conn, struct rpc_conn *second, int timeout_ms)
{
	struct pollfd pfds[2 * RPC_LINES_MAX];
	unsigned n = want_events(conn, pfds), all = n + want_events(second, pfds + n), i;
	int rc;

	if (!n)
		return;
	rc = poll(pfds, all, timeout_ms);
	if (rc < 0 && errno != EINTR)
		fail(conn, strerror(errno));
	for (i = 0; rc > 0 && i < all; i++)
		take_events(i < n ? conn : second, (i < n ? conn : second)->line[i < n ? i : i - n],
			    pfds[i].revents);
}

void rpc_conn_service(struct rpc_conn *conn, int timeout_ms)
{
	rpc_conns_service(conn, NULL, timeout_ms);
}

void rpc_conn_flush(struct rpc_conn *conn)
{
	unsigned i;

	for (i = 0; i < conn->n && conn->state == RPC_UP; i++)
		if (rpc_which_events(conn->line[i]) & POLLOUT)
			service(conn, conn->line[i], POLLOUT);
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
	if (getsockname(rpc_get_fd(conn->line[0]), (struct sockaddr *)&ss, &len))
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

	if (getpeername(rpc_get_fd(conn->line[0]), (struct sockaddr *)&ss, &len))
		return 0;
	return port_of(&ss);
}

void rpc_conn_free(struct rpc_conn *conn)
{
	if (!conn)
		return;
	conn->quiet = true;
	while (conn->n)
		nfs_destroy_context(conn->nfs[--conn->n]);
	free(conn);
}
