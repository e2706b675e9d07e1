#include "nfs_mountd.h"

#include "img2nfs/name.h"

#include "nfs3_err.h"
#include "nfs_call.h"
#include "nfs_hint.h"

#include <stdio.h>

#include <nfsc/libnfs-raw-mount.h>

#define CONNECT_MS 10000
#define REPLY_MS 30000
#define AGAIN_MS 1000
#define MOUNTD_PORT 20048	/* IANA's, tried when there is no portmapper */
#define LIST_MAX 6		/* exports named in a message */

struct session {
	const struct i2n_nfs_url *url;
	const volatile int *stop;
	struct i2n_sink_stats *stats;
	struct nfs_mounted *ret;
	struct rpc_conn *conn;
	struct rpc_target target;
	unsigned lines;		/* of the connection to the NFS service */
	struct rpc_slot slot;
	bool answered;
	uint32_t status;
	bool fh_bad;
	char path[1100];
	size_t path_len;
	char list[300];		/* exports, for a message */
	bool listed;		/* one of them covers our path */
};

static void hint(struct session *s, enum i2n_remedy remedy, struct i2n_err *err)
{
	s->ret->remedy = remedy;
	nfs_hint(err, remedy, s->url->path, s->ret->client);
}

static struct session *session_of(struct rpc_slot *slot)
{
	return (struct session *)(void *)((char *)slot - offsetof(struct session, slot));
}

static int stopped(const volatile int *stop, struct i2n_err *err)
{
	return i2n_fail(err, I2N_FATAL, I2N_DOM_STOPPED, *stop, "stopped by signal %d", *stop);
}

int nfs_conn_wait_up(struct rpc_conn *conn, struct rpc_conn *also, const char *what,
		     const char *host, const volatile int *stop, struct i2n_err *err)
{
	int64_t end = nfs_now_ms() + CONNECT_MS;
	char q[300];

	if (!conn)
		return i2n_err_nomem(err);
	while (rpc_conn_state(conn) == RPC_CONNECTING && nfs_now_ms() < end) {
		if (stop && *stop)
			return stopped(stop, err);
		rpc_conns_service(conn, also, 200);
	}
	if (rpc_conn_state(conn) == RPC_UP)
		return I2N_OK;
	return i2n_fail(err, I2N_FATAL, I2N_DOM_RPC, 0, "cannot connect to %s of %s: %s", what,
			i2n_quote(q, sizeof(q), host, strlen(host)),
			rpc_conn_state(conn) == RPC_FAILED ? rpc_conn_error(conn) : "no answer");
}

/* Wait for s->answered. */
static int await(struct session *s, struct i2n_err *err)
{
	int64_t end = nfs_now_ms() + REPLY_MS;
	int rc;

	while (!s->answered && rpc_conn_state(s->conn) == RPC_UP && nfs_now_ms() < end) {
		if (s->stop && *s->stop)
			return stopped(s->stop, err);
		rpc_conn_flush(s->conn);
		rpc_conns_service(s->conn, s->ret->nfs, 200);
	}
	if (s->answered)
		return I2N_OK;
	rc = i2n_fail(err, I2N_FATAL, I2N_DOM_RPC, 0,
		      "the MOUNT service of '%s' does not answer: %s", s->url->host,
		      rpc_conn_state(s->conn) == RPC_FAILED ? rpc_conn_error(s->conn) : "timeout");
	if (rpc_conn_is_denied(s->conn))
		hint(s, I2N_REMEDY_PORT, err);
	return rc;
}

static void on_mnt(struct rpc_slot *slot, const void *reply)
{
	struct session *s = session_of(slot);
	const mountres3 *res = reply;
	const fhandle3 *fh = &res->mountres3_u.mountinfo.fhandle;

	s->answered = true;
	s->status = res->fhs_status;
	if (res->fhs_status == MNT3_OK)
		s->fh_bad = !nfs3_fh_take(&s->ret->fh, fh->fhandle3_len, fh->fhandle3_val);
}

static int mnt(struct session *s, struct i2n_err *err)
{
	s->path[s->path_len] = '\0';
	s->answered = false;
	s->slot.reply = on_mnt;
	s->stats->requests[I2N_PROC_MNT]++;
	/* await() sees a failure */
	(void)rpc_conn_send_mnt(s->conn, s->path_len ? s->path : (char[]){ "/" }, &s->slot);
	return await(s, err);
}

/* dir covers path: equal, or a parent. */
static bool covers(const char *dir, const char *path)
{
	size_t n = strlen(dir);

	while (n && dir[n - 1] == '/')
		n--;
	return !strncmp(dir, path, n) && (path[n] == '/' || !path[n]);
}

static void on_export(struct rpc_slot *slot, const void *reply)
{
	struct session *s = session_of(slot);
	const exports *list = reply;
	size_t used = 0;
	unsigned n = 0;

	s->answered = true;
	for (const void *next = *list; next;) {
		struct exportnode e;
		char q[80];
		int len;

		memcpy(&e, next, sizeof(e));	/* libnfs does not align them */
		next = e.ex_next;
		s->listed |= e.ex_dir && covers(e.ex_dir, s->url->path);
		if (!e.ex_dir || n++ >= LIST_MAX)
			continue;
		len = snprintf(s->list + used, sizeof(s->list) - used, "%s%s", used ? ", " : "",
			       i2n_escape(q, sizeof(q), e.ex_dir, strlen(e.ex_dir)));
		if (len < 0 || (size_t)len >= sizeof(s->list) - used)
			break;
		used += (size_t)len;
	}
	if (n > LIST_MAX && used < sizeof(s->list) - 5)
		memcpy(s->list + used, ", ...", 6);
}

/* Nothing could be mounted: say why, and what could be. */
static int refused(struct session *s, uint32_t status, struct i2n_err *err)
{
	struct i2n_err ignored;
	char q[300], code[32];
	int rc;

	s->answered = false;
	s->slot.reply = on_export;
	if (!rpc_conn_send_export(s->conn, &s->slot) || await(s, &ignored) != I2N_OK)
		s->list[0] = '\0';
	rc = i2n_fail(err, I2N_FATAL, I2N_DOM_MOUNT3, status, "cannot mount %s from '%s': %s%s%s%s",
		      i2n_quote(q, sizeof(q), s->url->path, strlen(s->url->path)), s->url->host,
		      nfs3_mount_err_name(status, code), s->list[0] ? " (exported: " : "", s->list,
		      s->list[0] ? ")" : "");
	if (s->listed && (status == MNT3ERR_ACCES || status == MNT3ERR_PERM))
		hint(s, I2N_REMEDY_PORT, err);
	else
		hint(s, I2N_REMEDY_EXPORT, err);
	return rc;
}

/* The path, then its parents up to "/". The most telling code is the one of a refusal. */
static int mount_longest(struct session *s, struct i2n_err *err)
{
	uint32_t status = 0;
	int rc;

	s->path_len = strcmp(s->url->path, "/") ? strlen(s->url->path) : 0;
	memcpy(s->path, s->url->path, s->path_len);
	for (;;) {
		rc = mnt(s, err);
		if (rc != I2N_OK)
			return rc;
		if (s->status == MNT3_OK)
			break;
		if (!status || s->status == MNT3ERR_ACCES || s->status == MNT3ERR_PERM)
			status = s->status;
		if (!s->path_len)
			return refused(s, status, err);
		while (s->path_len && s->path[--s->path_len] != '/')
			;
	}
	if (s->fh_bad)
		return i2n_fail(err, I2N_FATAL, I2N_DOM_DEST, 0,
				"the server gave a file handle of a wrong length");
	s->ret->prefix_len = s->path_len;
	return I2N_OK;
}

static int connect_port(struct session *s, uint16_t port, struct i2n_err *err)
{
	s->target.port = port;
	s->target.ping = port != s->url->mountport;	/* a guess */
	s->conn = rpc_conn_new(&s->target);
	if (nfs_conn_wait_up(s->conn, s->ret->nfs, "the MOUNT service", s->url->host, s->stop,
			     err) == I2N_OK)
		return I2N_OK;
	rpc_conn_free(s->conn);
	s->conn = NULL;
	return I2N_FATAL;
}

static void connect_nfs(struct session *s)
{
	struct rpc_target target = s->target;

	target.program = RPC_NFS3;
	target.port = s->url->port;
	target.ping = false;
	target.lines = s->lines;
	rpc_conn_free(s->ret->nfs);	/* to the address tried before */
	s->ret->nfs = rpc_conn_new(&target);
}

/* At the address: the port that the URL names, else what the portmapper says, else the usual
 * one. */
static int connect_address(struct session *s, const char *addr, struct i2n_err *err)
{
	struct i2n_err second;

	memcpy(s->target.addr, addr, sizeof(s->target.addr));
	connect_nfs(s);
	if (connect_port(s, s->url->mountport, err) == I2N_OK)
		return I2N_OK;
	if (s->url->mountport || err->domain == I2N_DOM_STOPPED)
		return I2N_FATAL;
	if (connect_port(s, MOUNTD_PORT, &second) == I2N_OK)
		return I2N_OK;
	i2n_err_hint(
		err,
		"is an NFS server running there? without a portmapper its ports must be given: "
		"nfs://host/path?nfsport=2049&mountport=20048");
	return I2N_FATAL;
}

int nfs_mountd_mount(const struct i2n_nfs_url *url, const struct i2n_nfs_opts *opts,
		     const volatile int *stop,
		     struct i2n_sink_stats *stats, struct nfs_mounted *ret, struct i2n_err *err)
{
	struct session s = { .url = url, .stop = stop, .stats = stats, .ret = ret,
			     .lines = opts->connections,
			     .target = { .program = RPC_MOUNT3, .uid = opts->uid,
					 .gid = opts->gid } };
	char addrs[RPC_ADDRS_MAX][64];
	unsigned n = 0;
	int rc = rpc_resolve(url->host, addrs, &n, err);

	rpc_target_secure(&s.target, url);
	for (unsigned i = 0; rc == I2N_OK && i < n && !s.conn; i++)
		(void)connect_address(&s, addrs[i], err);	/* err is that of the last one */
	if (rc != I2N_OK || !s.conn)
		return I2N_FATAL;
	memcpy(ret->addr, s.target.addr, sizeof(ret->addr));
	(void)rpc_conn_local(s.conn, ret->client, sizeof(ret->client), &ret->low_port);
	rc = mount_longest(&s, err);
	rpc_conn_free(s.conn);
	return rc;
}

static int ping_server(const struct i2n_nfs_url *url, struct rpc_target *target, const char *addr,
		       const volatile int *stop, struct nfs_mounted *ret, struct i2n_err *err)
{
	struct rpc_conn *conn;
	int rc;

	memcpy(target->addr, addr, sizeof(target->addr));
	target->ping = true;
	conn = rpc_conn_new(target);
	rc = nfs_conn_wait_up(conn, NULL, "the NFSv4 service", url->host, stop, err);
	if (rc == I2N_OK) {
		memcpy(ret->addr, target->addr, sizeof(ret->addr));
		(void)rpc_conn_local(conn, ret->client, sizeof(ret->client), &ret->low_port);
	}
	rpc_conn_free(conn);
	return rc;
}

int nfs_find_server(const struct i2n_nfs_url *url, struct rpc_target *target,
		    const volatile int *stop, struct nfs_mounted *ret, struct i2n_err *err)
{
	char addrs[RPC_ADDRS_MAX][64];
	unsigned n = 0;
	int rc = rpc_resolve(url->host, addrs, &n, err);
	int64_t again_by = nfs_now_ms() + AGAIN_MS;

	if (rc != I2N_OK)
		return rc;
	/* twice, unless that takes long: a connection may break while it is the first */
	for (unsigned i = 0; i < n || (i < 2 * n && nfs_now_ms() < again_by); i++) {
		rc = ping_server(url, target, addrs[i % n], stop, ret, err);
		if (rc == I2N_OK || err->domain == I2N_DOM_STOPPED)
			return rc;
	}
	return I2N_FATAL;
}
