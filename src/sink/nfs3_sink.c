#include "nfs3_sink.h"

#include "img2nfs/check.h"

#include <stdlib.h>

#define STOP_MS 5000	/* after a cancel, replies are awaited for so long */
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

static int submit(struct i2n_sink *sink, struct i2n_op *op, struct i2n_err *err)
{
	struct nfs3 *nfs = nfs3_of(sink);
	struct nfs3_op *o;

	if (nfs->calls.dead) {
		*err = nfs->calls.err;
		return I2N_FATAL;
	}
	/* files that wait for a data buffer keep their image file open: not too many of them */
	if (!op->urgent && (!nfs_calls_have_room(&nfs->calls) ||
			    nfs->n_ops >= 2 * nfs->calls.window.calls.now ||
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

static int finish(struct i2n_sink *sink, struct i2n_err *err)
{
	struct nfs3 *nfs = nfs3_of(sink);

	/* NFSv3 makes everything but UNSTABLE data durable before it answers, and that was
	 * committed file by file */
	return nfs->audits ? nfs3_audit_run(nfs, err) : I2N_OK;
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

	await_replies(nfs);
	nfs_calls_release(&nfs->calls);
	free_ops(nfs);
	nfs3_audit_release(nfs);
	nfs3_objs_release(&nfs->objs);
	nfs_bufs_release(&nfs->bufs);
	free(nfs->again);
	free(nfs);
}

static const struct i2n_sink_ops nfs3_ops = {
	.name = "nfs3",
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
	nfs->sink.ops = &nfs3_ops;
	nfs->sink.caps = I2N_CAP_READBACK | I2N_CAP_SOCKETS;
	nfs->sink.time_first = i2n_time_pack((struct i2n_time){ 0, 0 });
	nfs->sink.time_last = i2n_time_pack((struct i2n_time){ UINT32_MAX, 999999999 });
	nfs->env = *env;
	nfs->opts = usable(opts);
	nfs->opts.uid = url->has_uid ? url->uid : opts->uid;
	nfs->opts.gid = url->has_gid ? url->gid : opts->gid;
	nfs3_objs_init(&nfs->objs);
	nfs_bufs_init(&nfs->bufs, nfs->opts.bytes_in_flight);
	return nfs;
}

int i2n_sink_open_nfs3(const struct i2n_nfs_url *url, const struct i2n_nfs_opts *opts,
		       const struct i2n_sink_env *env,
		       const volatile int *stop, struct i2n_sink **ret, struct i2n_err *err)
{
	struct nfs3 *nfs = nfs3_new(url, opts, env);
	int rc;

	if (!nfs)
		return i2n_err_nomem(err);
	rc = nfs_mount_open(nfs, url, stop, err);
	if (rc != I2N_OK) {
		nfs3_free(&nfs->sink);
		return rc;
	}
	*ret = &nfs->sink;
	return I2N_OK;
}

int i2n_check_nfs3(const struct i2n_nfs_url *url, const struct i2n_nfs_opts *opts,
		   const struct i2n_notes *notes,
		   const volatile int *stop, struct i2n_check *check, struct i2n_err *err)
{
	struct i2n_sink_env env = { .notes = notes };
	struct nfs3 *nfs = nfs3_new(url, opts, &env);
	int rc;

	if (!nfs)
		return i2n_err_nomem(err);
	rc = nfs_mount_check(nfs, url, stop, check, err);
	check->requests = i2n_sink_requests(&nfs->sink);
	nfs3_free(&nfs->sink);
	return rc;
}
