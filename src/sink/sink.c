#include "img2nfs/sink.h"

#include <assert.h>

#define SERVICE_MS 200	/* how late a stop may be heeded */
/* RFC 1813 2.6 */
#define NOSPC 28
#define DQUOT 69

enum { NEEDS_INODE = 1, NEEDS_NAME = 2, NEEDS_NAME2 = 4, NEEDS_OBJ = 8, NEEDS_BUF = 16 };

static unsigned needs_of(enum i2n_op_kind kind)
{
	static const unsigned char needs[] = {
		[I2N_OP_MKDIR] = NEEDS_INODE | NEEDS_NAME,
		[I2N_OP_FILE] = NEEDS_INODE | NEEDS_NAME,
		[I2N_OP_SYMLINK] = NEEDS_INODE | NEEDS_NAME,
		[I2N_OP_MKNOD] = NEEDS_INODE | NEEDS_NAME,
		[I2N_OP_LINK] = NEEDS_INODE | NEEDS_NAME | NEEDS_OBJ,
		[I2N_OP_DIRATTR] = NEEDS_INODE | NEEDS_OBJ,
		[I2N_OP_LIST] = NEEDS_OBJ,
		[I2N_OP_LOOKUP] = NEEDS_NAME,
		[I2N_OP_GETATTR] = NEEDS_OBJ,
		[I2N_OP_READ] = NEEDS_OBJ | NEEDS_BUF,
		[I2N_OP_STATFS] = NEEDS_OBJ,
		[I2N_OP_READLINK] = NEEDS_OBJ | NEEDS_BUF,
		[I2N_OP_ACL] = NEEDS_INODE | NEEDS_OBJ,
		[I2N_OP_SETATTR] = NEEDS_INODE | NEEDS_OBJ,
		[I2N_OP_REMOVE] = NEEDS_NAME,
		[I2N_OP_RMDIR] = NEEDS_NAME,
		[I2N_OP_RENAME] = NEEDS_NAME | NEEDS_NAME2,
		[I2N_OP_WRITE] = NEEDS_OBJ | NEEDS_BUF,
	};

	assert((size_t)kind < sizeof(needs));
	return needs[kind];
}

int i2n_sink_submit(struct i2n_sink *sink, struct i2n_op *op, struct i2n_err *err)
{
	unsigned needs = needs_of(op->kind);
	int rc;

	(void)needs;	/* with NDEBUG */
	assert(op->done);
	assert(op->kind < I2N_OP_LIST || sink->caps & I2N_CAP_READBACK);
	assert(!(needs & NEEDS_INODE) || op->inode);
	assert(!(needs & NEEDS_NAME) || (op->name && op->name_len && op->parent != I2N_OBJ_NONE));
	assert(!(needs & NEEDS_NAME2) ||
	       (op->name2 && op->name2_len && op->parent2 != I2N_OBJ_NONE));
	assert(!(needs & NEEDS_OBJ) || op->obj != I2N_OBJ_NONE);
	assert(!(needs & NEEDS_BUF) || (op->buf && op->len));
	assert(op->kind != I2N_OP_LIST || op->on_entry);
	assert(op->kind != I2N_OP_ACL ||
	       (sink->caps & I2N_CAP_ACL && op->inode->flags & I2N_INODE_ACL));
	sink->outstanding++;
	rc = sink->ops->submit(sink, op, err);
	assert(rc == I2N_OK || rc == I2N_RETRY || rc == I2N_FATAL);
	if (rc)
		sink->outstanding--;
	return rc;
}

int i2n_sink_service(struct i2n_sink *sink, int timeout_ms, struct i2n_err *err)
{
	int rc = sink->ops->service(sink, timeout_ms, err);

	assert(rc == I2N_OK || (rc == I2N_FATAL && sink->outstanding == 0));
	if (rc == I2N_OK && sink->tick)
		sink->tick(sink->tick_ctx);
	return rc;
}

void i2n_sink_cancel(struct i2n_sink *sink, int signo)
{
	sink->ops->cancel(sink, signo);
}

void i2n_sink_release(struct i2n_sink *sink, i2n_obj obj)
{
	if (obj != I2N_OBJ_NONE && obj != I2N_OBJ_ROOT)
		sink->ops->release(sink, obj);
}

int i2n_sink_finish(struct i2n_sink *sink, struct i2n_err *err)
{
	assert(sink->outstanding == 0);
	return sink->ops->finish(sink, err);
}

static void on_one_done(struct i2n_op *op)
{
	--*(unsigned *)op->owner;
}

int i2n_sink_do_all(struct i2n_sink *sink, struct i2n_op *const *ops, unsigned n,
		    const volatile int *stop, struct i2n_err *err)
{
	unsigned left = 0, i;
	struct i2n_err ignored;	/* comes back with the op */
	int rc = I2N_OK;

	for (i = 0; i < n && rc == I2N_OK; i++) {
		ops[i]->done = on_one_done;
		ops[i]->owner = &left;
		while ((rc = i2n_sink_submit(sink, ops[i], err)) == I2N_RETRY)
			(void)i2n_sink_service(sink, SERVICE_MS, &ignored);
		left += rc == I2N_OK;
	}
	while (left) {
		if (stop && *stop)
			i2n_sink_cancel(sink, *stop);
		(void)i2n_sink_service(sink, SERVICE_MS, &ignored);
	}
	for (i = 0; i < n && rc == I2N_OK; i++) {
		rc = ops[i]->rc;
		if (rc != I2N_OK)
			*err = ops[i]->err;
	}
	return rc;
}

int i2n_sink_do(struct i2n_sink *sink, struct i2n_op *op, const volatile int *stop,
		struct i2n_err *err)
{
	return i2n_sink_do_all(sink, &op, 1, stop, err);
}

void i2n_sink_free(struct i2n_sink *sink)
{
	if (sink)
		sink->ops->free(sink);
}

void i2n_sink_complete(struct i2n_sink *sink, struct i2n_op *op)
{
	assert(sink->outstanding > 0);
	assert(op->rc == I2N_OK || op->rc == I2N_BADNODE || op->rc == I2N_FATAL);
	sink->outstanding--;
	op->done(op);
}

uint64_t i2n_sink_requests(const struct i2n_sink *sink)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < I2N_PROCS; i++)
		sum += sink->stats.requests[i];
	return sum;
}

uint64_t i2n_sink_clamp_time(const struct i2n_sink *sink, uint64_t time)
{
	if (time < sink->time_first)
		return sink->time_first;
	return time > sink->time_last ? sink->time_last : time;
}

/* Nanoseconds since 1970. */
static uint64_t nsec_of(uint64_t time)
{
	struct i2n_time t = i2n_time_unpack(time);

	return (uint64_t)t.sec * 1000000000u + t.nsec;
}

bool i2n_sink_keeps_time(const struct i2n_sink *sink, uint64_t want, uint64_t got)
{
	uint64_t delta = sink->time_delta_ns;

	want = i2n_sink_clamp_time(sink, want);
	if (want == got)
		return true;
	return delta > 1 && i2n_time_unpack(want).sec >= 0 && i2n_time_unpack(got).sec >= 0 &&
	       nsec_of(got) == nsec_of(want) - nsec_of(want) % delta;
}

const char *i2n_proc_name(enum i2n_proc p)
{
	static const char *const names[I2N_PROCS] = {
		[I2N_PROC_NULL] = "NULL",	[I2N_PROC_MNT] = "MNT",
		[I2N_PROC_LOOKUP] = "LOOKUP",	[I2N_PROC_GETATTR] = "GETATTR",
		[I2N_PROC_SETATTR] = "SETATTR", [I2N_PROC_FSINFO] = "FSINFO",
		[I2N_PROC_FSSTAT] = "FSSTAT",	[I2N_PROC_READDIRPLUS] = "READDIRPLUS",
		[I2N_PROC_CREATE] = "CREATE",	[I2N_PROC_MKDIR] = "MKDIR",
		[I2N_PROC_SYMLINK] = "SYMLINK", [I2N_PROC_MKNOD] = "MKNOD",
		[I2N_PROC_LINK] = "LINK",	[I2N_PROC_WRITE] = "WRITE",
		[I2N_PROC_COMMIT] = "COMMIT",	[I2N_PROC_REMOVE] = "REMOVE",
		[I2N_PROC_RMDIR] = "RMDIR",	[I2N_PROC_RENAME] = "RENAME",
		[I2N_PROC_READ] = "READ",	[I2N_PROC_READLINK] = "READLINK",
		[I2N_PROC_ACCESS] = "ACCESS",
		[I2N_PROC_GETACL] = "GETACL",	[I2N_PROC_SETACL] = "SETACL",
		[I2N_PROC_STORE] = "STORE",	[I2N_PROC_ROOT] = "ROOT",
		[I2N_PROC_SETCLIENTID] = "SETCLIENTID",
		[I2N_PROC_SETCLIENTID_CONFIRM] = "SETCLIENTID_CONFIRM",
		[I2N_PROC_RENEW] = "RENEW",
	};

	return p < I2N_PROCS ? names[p] : "?";
}

bool i2n_sink_is_full(const struct i2n_err *err)
{
	return err->domain == I2N_DOM_NFS3 && (err->code == NOSPC || err->code == DQUOT);
}
