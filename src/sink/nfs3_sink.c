#include "nfs3_sink.h"

#include "img2nfs/check.h"

#include "nfs4_call.h"

#include <stdlib.h>

#define SHARED_BYTES (UINT64_C(12) << 20)
#define BYTES_MAX (UINT64_C(64) << 20)
#define OPS_WAITING 256	/* files that wait for room for their data keep their image file open */
#define STOP_MS 5000	/* after a cancel, replies are awaited for so long */
#define CLOSE_MS 10000	/* all that is open is closed in this time, or left to the server */
#define FREE_MS 2000	/* the same when the sink is freed with requests on their way */

static struct nfs3 *nfs3_of(struct i2n_sink *sink)
{
	return (struct nfs3 *)(void *)sink;
}

void nfs3_op_activate(struct nfs3_op *o)
{
	struct nfs3 *nfs = o->nfs;

	o->prev = NULL;
	o->next = nfs->active;
	if (o->next)
		o->next->prev = o;
	nfs->active = o;
	nfs->n_ops++;
}

static struct nfs3_op *op_new(struct nfs3 *nfs, struct i2n_op *op)
{
	struct nfs3_op *o = nfs->spare_ops;

	if (o)
		nfs->spare_ops = o->next;
	else
		o = malloc(sizeof(*o));
	if (o)
		*o = (struct nfs3_op){ .nfs = nfs, .op = op };
	return o;
}

static void op_free(struct nfs3_op *o)
{
	struct nfs3 *nfs = o->nfs;

	nfs->n_ops--;
	if (o->borrowed)
		return;
	o->next = nfs->spare_ops;
	nfs->spare_ops = o;
}

static void start(struct nfs3_op *o)
{
	switch (o->op->kind) {
	case I2N_OP_MKDIR:
	case I2N_OP_FILE:
	case I2N_OP_SYMLINK:
	case I2N_OP_MKNOD:
	case I2N_OP_LINK:
	case I2N_OP_DIRATTR:
		nfs3_make_start(o);
		break;
	case I2N_OP_LIST:
		nfs3_list_start(o);
		break;
	case I2N_OP_LOOKUP:
	case I2N_OP_GETATTR:
	case I2N_OP_READ:
	case I2N_OP_READLINK:
	case I2N_OP_STATFS:
		nfs3_read_start(o);
		break;
	case I2N_OP_ACL:
		nfs3_acl_start(o);
		break;
	case I2N_OP_SETATTR:
	case I2N_OP_REMOVE:
	case I2N_OP_RMDIR:
	case I2N_OP_RENAME:
	case I2N_OP_WRITE:
		nfs3_change_start(o);
		break;
	}
}

bool nfs3_is_full(const struct nfs3 *nfs)
{
	return nfs->n_ops >= nfs->calls.window.calls.now + OPS_WAITING;
}

static int submit(struct i2n_sink *sink, struct i2n_op *op, struct i2n_err *err)
{
	struct nfs3 *nfs = nfs3_of(sink);
	struct nfs3_op *o;

	if (nfs->calls.dead) {
		*err = nfs->calls.err;
		return I2N_FATAL;
	}
	if (!op->urgent && (!nfs_calls_have_room(&nfs->calls) ||
			    nfs3_is_full(nfs) ||
			    (op->kind == I2N_OP_READ && !nfs3_read_admits(nfs, op))))
		return I2N_RETRY;
	o = op_new(nfs, op);
	if (!o)
		return i2n_err_nomem(err);
	nfs3_op_activate(o);
	start(o);
	return I2N_OK;
}

/* Give finished ops back; those that end meanwhile too. */
static unsigned hand_back(struct nfs3 *nfs)
{
	unsigned n = 0;
	struct nfs3_op *o;

	while ((o = nfs->finished)) {
		struct i2n_op *op = o->op;

		nfs->finished = o->next;
		if (!nfs->finished)
			nfs->finished_tail = NULL;
		op_free(o);
		i2n_sink_complete(&nfs->sink, op);
		n++;
	}
	return n;
}

/* Ops that have nothing on its way would wait for ever. */
static void fail_idle(struct nfs3 *nfs)
{
	struct nfs3_op *o, *next;

	nfs->symlink_waiters = NULL;
	for (o = nfs->active; o; o = next) {
		next = o->next;
		if (o->call.where != CALL_IDLE || o->writes_out || nfs3_list_is_waiting(o))
			continue;	/* comes to its end by itself */
		o->op->err = nfs->calls.err;
		nfs3_op_done(o, I2N_FATAL);
	}
}

static int service(struct i2n_sink *sink, int timeout_ms, struct i2n_err *err)
{
	struct nfs3 *nfs = nfs3_of(sink);
	int64_t now = nfs_now_ms(), end = now + timeout_ms;
	int rc = I2N_OK;
	bool listed = false;

	if (hand_back(nfs))
		return I2N_OK;
	do {
		nfs3_file_pump(nfs);
		rc = nfs_calls_service(&nfs->calls, (int)(end - now));
		now = nfs_now_ms();
		if (nfs->stopping && now >= nfs->stop_by_ms)
			nfs_calls_stop(&nfs->calls, &nfs->calls.err, true);
		if (nfs->calls.dead)
			fail_idle(nfs);
		listed = nfs3_list_hand_over(nfs);
	} while (rc == I2N_OK && !nfs->finished && !listed && now < end);
	(void)hand_back(nfs);
	if (!nfs->calls.dead || nfs->active)
		return I2N_OK;
	*err = nfs->calls.err;
	return I2N_FATAL;
}

static void cancel(struct i2n_sink *sink, int signo)
{
	struct nfs3 *nfs = nfs3_of(sink);
	struct i2n_err why;

	if (nfs->stopping || nfs->calls.dead)
		return;
	nfs->stopping = signo;
	nfs->stop_by_ms = nfs_now_ms() + STOP_MS;
	i2n_err_set(&why, I2N_DOM_STOPPED, signo, "stopped by signal %d", signo);
	nfs_calls_stop(&nfs->calls, &why, false);
	fail_idle(nfs);
}

static void release(struct i2n_sink *sink, i2n_obj obj)
{
	nfs3_objs_remove(&nfs3_of(sink)->objs, obj);
}

/* What is open at a server of NFSv4 costs it memory until our lease is over. That it is closed is
 * a courtesy: nothing of ours depends on it. */
static void close_all(struct nfs3 *nfs, int ms)
{
	int64_t end = nfs_now_ms() + ms;

	if (!nfs->calls.v4 || nfs->calls.dead || !nfs->calls.up ||
	    nfs->sink.stats.reconnects || !nfs4_has_open(nfs->calls.v4))
		return;
	nfs4_close_all(nfs->calls.v4, &nfs->calls);
	while (nfs4_is_closing(nfs->calls.v4) && !nfs->calls.dead && nfs_now_ms() < end)
		(void)nfs_calls_service(&nfs->calls, 100);
}

static int finish(struct i2n_sink *sink, struct i2n_err *err)
{
	struct nfs3 *nfs = nfs3_of(sink);

	/* NFSv3 makes everything but UNSTABLE data durable before it answers, and that was
	 * committed file by file */
	int rc = nfs->audits ? nfs3_audit_run(nfs, err) : I2N_OK;

	if (rc == I2N_OK)
		close_all(nfs, CLOSE_MS);
	return rc;
}

/* libnfs closes with a reset, which can make the server drop requests that it has not read yet. */
static void await_replies(struct nfs3 *nfs)
{
	int64_t end = nfs_now_ms() + FREE_MS;
	struct i2n_err why;

	i2n_err_set(&why, I2N_DOM_STOPPED, 0, "the destination is closed");
	nfs_calls_stop(&nfs->calls, &why, false);
	while (nfs->calls.sent.n && nfs_now_ms() < end)
		(void)nfs_calls_service(&nfs->calls, 100);
	nfs_calls_stop(&nfs->calls, &why, true);
}

static void free_ops(struct nfs3 *nfs)
{
	struct nfs3_op *o;
	struct nfs3_write *w;

	while ((o = nfs->spare_ops)) {
		nfs->spare_ops = o->next;
		free(o);
	}
	while ((w = nfs->spare_writes)) {
		nfs->spare_writes = w->next;
		free(w);
	}
}

static void nfs3_free(struct i2n_sink *sink)
{
	struct nfs3 *nfs = nfs3_of(sink);

	close_all(nfs, FREE_MS);
	await_replies(nfs);
	nfs_calls_release(&nfs->calls);
	nfs4_free(nfs->calls.v4);
	free_ops(nfs);
	nfs3_audit_release(nfs);
	nfs3_objs_release(&nfs->objs);
	nfs_bufs_release(&nfs->bufs);
	free(nfs->again);
	free(nfs);
}

static const struct i2n_sink_ops nfs_ops = {
	.name = "nfs",
	.submit = submit,
	.service = service,
	.cancel = cancel,
	.release = release,
	.finish = finish,
	.free = nfs3_free,
};

static struct i2n_nfs_opts usable(const struct i2n_nfs_opts *opts)
{
	struct i2n_nfs_opts o = *opts;

	o.window = o.window < 1 ? 1 : o.window > 1024 ? 1024 : o.window;
	if (!o.bytes_in_flight)
		o.bytes_in_flight = BYTES_MAX;
	if (o.bytes_in_flight < 65536)
		o.bytes_in_flight = 65536;
	if (o.bytes_in_flight > UINT64_C(1) << 30)
		o.bytes_in_flight = UINT64_C(1) << 30;
	return o;
}

static struct nfs3 *nfs3_new(const struct i2n_nfs_url *url, const struct i2n_nfs_opts *opts,
			     const struct i2n_sink_env *env)
{
	struct nfs3 *nfs = calloc(1, sizeof(*nfs));

	if (!nfs)
		return NULL;
	nfs->sink.ops = &nfs_ops;
	nfs->sink.caps = I2N_CAP_READBACK | I2N_CAP_SOCKETS;
	nfs->sink.time_first = i2n_time_pack((struct i2n_time){ 0, 0 });
	nfs->sink.time_last = i2n_time_pack((struct i2n_time){ UINT32_MAX, 999999999 });
	nfs->env = *env;
	nfs->sweep.behind = env->reader ? env->reader->behind : 0;
	nfs->opts = usable(opts);
	nfs->shared_bytes = opts->bytes_in_flight ? nfs->opts.bytes_in_flight : SHARED_BYTES;
	nfs->opts.uid = url->has_uid ? url->uid : opts->uid;
	nfs->opts.gid = url->has_gid ? url->gid : opts->gid;
	nfs3_objs_init(&nfs->objs);
	nfs_bufs_init(&nfs->bufs, nfs->opts.bytes_in_flight);
	return nfs;
}

/* What is asked of a server, in one version of NFS or the other: open a sink, or check. */
struct inquiry {
	const struct i2n_nfs_url *url;
	const struct i2n_nfs_opts *opts;
	const struct i2n_sink_env *env;
	const volatile int *stop;
	struct i2n_check *check;	/* NULL: open */
};

static int open_version(const struct inquiry *q, unsigned version, struct nfs3 **ret,
			struct i2n_err *err)
{
	struct nfs3 *nfs = nfs3_new(q->url, q->opts, q->env);
	int rc;

	if (!nfs)
		return i2n_err_nomem(err);
	nfs->version = version;
	rc = q->check ? nfs_mount_check(nfs, q->url, q->stop, q->check, err)
		      : nfs_mount_open(nfs, q->url, q->stop, err);
	if (q->check)
		q->check->requests = i2n_sink_requests(&nfs->sink);
	if (rc != I2N_OK) {
		nfs3_free(&nfs->sink);
		return rc;
	}
	*ret = nfs;
	return I2N_OK;
}

static int no_version_4(struct i2n_err *err)
{
	i2n_err_set(err, I2N_DOM_USAGE, 0, "cannot speak NFSv4: this program was built with libnfs "
		    "%s, whose requests of NFSv4 hold 4096 bytes at most", i2n_nfs_library());
	i2n_err_hint(err, "build it with libnfs 5.0 or later (Debian 13 has 5.0.2), or use "
			  "version=3 if the server speaks that, too");
	return I2N_FATAL;
}

/* Nobody there, or nobody who speaks NFSv3: another answer may come from NFSv4. A refusal is an
 * answer. */
static bool is_no_answer(const struct i2n_err *err)
{
	return err->domain == I2N_DOM_RPC;
}

/* The version that the URL names, else 3, then 4. */
static int inquire(const struct inquiry *q, struct nfs3 **ret, struct i2n_err *err)
{
	struct rpc_security want = { q->url->sec, q->url->xprtsec };
	struct i2n_err second;
	int rc = rpc_can_secure(&want, err);

	if (rc != I2N_OK)
		return rc;
	if (q->url->version == 4)
		return rpc_has_nfs4() ? open_version(q, 4, ret, err) : no_version_4(err);
	rc = open_version(q, 3, ret, err);
	if (rc == I2N_OK || q->url->version || !rpc_has_nfs4() || !is_no_answer(err))
		return rc;
	rc = open_version(q, 4, ret, &second);
	if (rc != I2N_OK) {
		/* if that one talked to us, its words are worth more */
		if (!is_no_answer(&second))
			*err = second;
		return rc;
	}
	i2n_note(q->env->notes, I2N_NOTE_STATE, "server", NULL, 0,
		 "the server does not speak NFSv3 (%s): using NFSv4", err->msg);
	return I2N_OK;
}

/* Where requests do not leave the machine nobody else can make them. */
static bool is_here(const char *addr)
{
	return !strncmp(addr, "127.", 4) || !strcmp(addr, "::1");
}

static void tell_trust(const struct inquiry *q, const struct nfs3 *nfs)
{
	if (q->url->sec || q->url->xprtsec || is_here(nfs->calls.target.addr))
		return;
	i2n_note(q->env->notes, I2N_NOTE_STATE, I2N_NOTE_AUTH_SYS, NULL, 0,
		 "the server believes who we say we are, and others in its network, too "
		 "(AUTH_SYS); see SECURITY in img2nfs(1)");
}

int i2n_sink_open_nfs3(const struct i2n_nfs_url *url, const struct i2n_nfs_opts *opts,
		       const struct i2n_sink_env *env,
		       const volatile int *stop, struct i2n_sink **ret, struct i2n_err *err)
{
	struct inquiry q = { .url = url, .opts = opts, .env = env, .stop = stop };
	struct nfs3 *nfs = NULL;
	int rc = inquire(&q, &nfs, err);

	if (rc != I2N_OK)
		return rc;
	tell_trust(&q, nfs);
	*ret = &nfs->sink;
	return I2N_OK;
}

int i2n_check_nfs3(const struct i2n_nfs_url *url, const struct i2n_nfs_opts *opts,
		   const struct i2n_notes *notes,
		   const volatile int *stop, struct i2n_check *check, struct i2n_err *err)
{
	struct i2n_sink_env env = { .notes = notes };
	struct inquiry q = { .url = url, .opts = opts, .env = &env, .stop = stop, .check = check };
	struct nfs3 *nfs = NULL;
	int rc = inquire(&q, &nfs, err);

	if (nfs) {
		tell_trust(&q, nfs);
		nfs3_free(&nfs->sink);
	}
	return rc;
}
