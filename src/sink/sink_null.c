/* sink_null.c - the destination "null:": all content is read and checked, nothing is stored.
 *
 * Ops are queued by submit and carried out by service, so that the completion contract is the same
 * as with a server.
 * Memory: a queue of 64 ops and one buffer of 1 MiB. */
#include "op_queue.h"

#include <stdlib.h>

#define BUF_SIZE (1u << 20)

struct null_sink {
	struct i2n_sink base;
	struct i2n_sink_env env;
	struct op_queue queue;
	unsigned char *buf;
};

static int read_all(struct null_sink *ns, struct i2n_file *file, struct i2n_err *err)
{
	const struct i2n_reader_ops *ops = ns->env.reader->ops;
	struct i2n_range range;
	int rc;

	while (!(rc = ops->next(file, BUF_SIZE, &range, err))) {
		rc = ops->read(file, ns->buf, (size_t)range.len, range.off, err);
		if (rc)
			return rc;
		ns->base.stats.bytes_written += range.len;
	}
	return rc == I2N_END ? I2N_OK : rc;
}

static int take_file(struct null_sink *ns, const struct i2n_op *op, struct i2n_err *err)
{
	const struct i2n_reader_ops *ops = ns->env.reader->ops;
	struct i2n_file *file;
	int rc = ops->open(ns->env.reader, op->inode, &file, err);

	if (rc)
		return rc;
	rc = read_all(ns, file, err);
	ops->close(file);
	return rc;
}

static int take(struct null_sink *ns, const struct i2n_op *op, struct i2n_err *err)
{
	if (op_queue_check(&ns->queue, err))
		return I2N_FATAL;
	if (op->kind == I2N_OP_FILE)
		return take_file(ns, op, err);
	if (op->kind == I2N_OP_SYMLINK)
		return ns->env.reader->ops->readlink(ns->env.reader, op->inode, ns->buf, BUF_SIZE,
						     err);
	return I2N_OK;
}

static int null_submit(struct i2n_sink *sink, struct i2n_op *op, struct i2n_err *err)
{
	(void)err;	/* cannot fail */
	return op_queue_put(&((struct null_sink *)sink)->queue, op);
}

static int null_service(struct i2n_sink *sink, int timeout_ms, struct i2n_err *err)
{
	struct null_sink *ns = (struct null_sink *)sink;
	struct i2n_op *op = op_queue_take(&ns->queue);

	(void)timeout_ms;
	(void)err;	/* failures travel in the op */
	if (!op)
		return I2N_OK;
	op->rc = take(ns, op, &op->err);
	if (op->kind == I2N_OP_MKDIR || op->keep)
		op->obj = 1;	/* nothing is behind it */
	i2n_sink_complete(sink, op);
	return I2N_OK;
}

static void null_cancel(struct i2n_sink *sink, int signo)
{
	op_queue_cancel(&((struct null_sink *)sink)->queue, signo);
}

static void null_release(struct i2n_sink *sink, i2n_obj obj)
{
	(void)sink;
	(void)obj;
}

static int null_finish(struct i2n_sink *sink, struct i2n_err *err)
{
	(void)sink;
	(void)err;
	return I2N_OK;
}

static void null_free(struct i2n_sink *sink)
{
	struct null_sink *ns = (struct null_sink *)sink;

	free(ns->buf);
	free(ns);
}

static const struct i2n_sink_ops null_ops = {
	.name = "null",
	.submit = null_submit,
	.service = null_service,
	.cancel = null_cancel,
	.release = null_release,
	.finish = null_finish,
	.free = null_free,
};

int i2n_sink_open_null(const struct i2n_sink_env *env, struct i2n_sink **ret, struct i2n_err *err)
{
	struct null_sink *ns = calloc(1, sizeof(*ns));

	if (!ns)
		return i2n_err_nomem(err);
	ns->buf = malloc(BUF_SIZE);
	if (!ns->buf) {
		free(ns);
		return i2n_err_nomem(err);
	}
	ns->base.ops = &null_ops;
	/* nothing is kept, so nothing is lost either: the report is about the image alone */
	ns->base.caps = I2N_CAP_XATTR | I2N_CAP_ACL | I2N_CAP_CAPS | I2N_CAP_CHATTR |
			I2N_CAP_SOCKETS;
	ns->env = *env;
	*ret = &ns->base;
	return I2N_OK;
}
