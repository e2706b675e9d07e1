#include "img2nfs/digest.h"

#include "survey_own.h"

#include <stdlib.h>
#include <string.h>

#define TASKS_MAX 64		/* objects read at a time */
#define CHUNK (256u << 10)

struct read_op {
	struct i2n_op op;	/* first member */
	struct survey *s;
	struct survey_task task;
	struct i2n_digest *want, *got;
	unsigned char *buf;
	uint32_t cap;
	struct read_op *next;	/* waits for room */
};

int survey_task_push(struct survey *s, uint32_t dirent, i2n_obj obj, bool keep)
{
	struct survey_task *t = malloc(sizeof(*t));

	if (!t)
		return I2N_FATAL;
	*t = (struct survey_task){ .dirent = dirent, .obj = obj, .keep = keep };
	*(s->tasks_tail ? &s->tasks_tail->next : &s->tasks) = t;
	s->tasks_tail = t;
	s->n_tasks++;
	return I2N_OK;
}

static const struct i2n_inode *inode_of(const struct read_op *r)
{
	return &r->s->tree->inodes[r->s->tree->dirents[r->task.dirent].inode];
}

static void read_free(struct read_op *r)
{
	i2n_digest_free(r->want);
	i2n_digest_free(r->got);
	free(r->buf);
	free(r);
}

/* The content is known to be equal, or not. */
static void decide(struct read_op *r, bool equal)
{
	struct survey *s = r->s;
	unsigned differs = s->res->differs[r->task.dirent];

	if (!equal)
		differs |= I2N_DIFFER_CONTENT;
	s->tasks_out--;
	survey_decide(s, r->task.dirent, differs, r->task.obj, r->task.keep);
	read_free(r);
}

/* Holes are read as zeros. I2N_BADNODE: the image's file is damaged, which the engine will tell. */
static int digest_image(struct read_op *r, struct i2n_err *err)
{
	const struct i2n_reader_ops *ops = r->s->reader->ops;
	const struct i2n_inode *in = inode_of(r);
	uint64_t at = 0;
	struct i2n_file *file;
	struct i2n_range range;
	int rc = ops->open(r->s->reader, in, &file, err);

	if (rc)
		return rc;
	while ((rc = ops->next(file, r->cap, &range, err)) == I2N_OK) {
		i2n_digest_add_zeros(r->want, range.off - at);
		rc = ops->read(file, r->buf, (size_t)range.len, range.off, err);
		if (rc)
			break;
		i2n_digest_add(r->want, r->buf, (size_t)range.len);
		at = range.off + range.len;
	}
	ops->close(file);
	if (rc != I2N_END)
		return rc;
	i2n_digest_add_zeros(r->want, in->size - at);
	return I2N_OK;
}

static bool is_same(const struct read_op *r)
{
	char want[33], got[33];

	i2n_digest_hex(r->want, want);
	i2n_digest_hex(r->got, got);
	return !strcmp(want, got);
}

static void on_back(struct i2n_op *op);

/* Ask for the next piece; when there is no room, survey_task_start() tries again. */
static int ask(struct read_op *r)
{
	struct survey *s = r->s;
	struct i2n_err err;
	int rc = i2n_sink_submit(s->sink, &r->op, &err);

	if (rc == I2N_OK)
		return rc;
	r->next = s->waiting;
	s->waiting = r;
	if (rc == I2N_FATAL)
		survey_die(s, &err);
	return rc;
}

static void on_piece(struct read_op *r)
{
	struct survey *s = r->s;

	i2n_digest_add(r->got, r->buf, r->op.ret_len);
	r->op.off += r->op.ret_len;
	s->res->bytes_read += r->op.ret_len;
	if (r->op.off >= inode_of(r)->size || r->op.ret_len < r->op.len) {
		decide(r, is_same(r));
		return;
	}
	if (inode_of(r)->size - r->op.off < r->op.len)
		r->op.len = (uint32_t)(inode_of(r)->size - r->op.off);
	(void)ask(r);	/* or it waits */
}

static void on_back(struct i2n_op *op)
{
	struct read_op *r = (struct read_op *)(void *)op;
	struct survey *s = r->s;

	if (op->rc == I2N_FATAL || s->dead) {
		if (op->rc == I2N_FATAL)
			survey_die(s, &op->err);
		s->tasks_out--;
		read_free(r);
	} else if (op->rc != I2N_OK) {
		decide(r, false);	/* it cannot be read: make it anew */
	} else if (op->kind == I2N_OP_READLINK) {
		const struct i2n_inode *in = inode_of(r);
		bool same = op->ret_len == in->size && !memcmp(r->buf, r->buf + r->cap,
							       op->ret_len);

		decide(r, same);
	} else {
		on_piece(r);
	}
}

static int prepare_link(struct read_op *r, struct i2n_err *err)
{
	const struct i2n_inode *in = inode_of(r);

	r->cap = (uint32_t)in->size + 1;	/* one more: a longer target does not fit exactly */
	r->buf = malloc(2 * (size_t)r->cap);
	if (!r->buf)
		return i2n_err_nomem(err);
	r->op.kind = I2N_OP_READLINK;
	r->op.buf = r->buf;
	r->op.len = r->cap;
	return r->s->reader->ops->readlink(r->s->reader, in, r->buf + r->cap, r->cap, err);
}

static int prepare_file(struct read_op *r, struct i2n_err *err)
{
	uint32_t max = r->s->sink->read_size < CHUNK ? r->s->sink->read_size : CHUNK;
	uint64_t size = inode_of(r)->size;

	r->cap = size < max ? (uint32_t)size : max;
	r->buf = malloc(r->cap);
	r->want = i2n_digest_new();
	r->got = i2n_digest_new();
	if (!r->buf || !r->want || !r->got)
		return i2n_err_nomem(err);
	r->op.kind = I2N_OP_READ;
	r->op.buf = r->buf;
	r->op.len = r->cap;
	return digest_image(r, err);
}

static int prepare(struct read_op *r, struct i2n_err *err)
{
	r->op = (struct i2n_op){ .obj = r->task.obj, .dirent = r->task.dirent, .done = on_back };
	return i2n_inode_type(inode_of(r)) == I2N_S_IFLNK ? prepare_link(r, err)
							  : prepare_file(r, err);
}

static void take_task(struct survey *s)
{
	struct survey_task *t = s->tasks;

	s->tasks = t->next;
	if (!s->tasks)
		s->tasks_tail = NULL;
	s->n_tasks--;
	free(t);
}

static int ask_waiting(struct survey *s)
{
	struct read_op *r = s->waiting;

	s->waiting = r->next;
	return ask(r);
}

static int start_task(struct survey *s)
{
	struct read_op *r = calloc(1, sizeof(*r));
	struct i2n_err err;
	int rc;

	if (!r) {
		survey_no_memory(s);
		return I2N_FATAL;
	}
	r->s = s;
	r->task = *s->tasks;
	rc = prepare(r, &err);
	if (rc == I2N_FATAL) {
		survey_die(s, &err);
		read_free(r);
		return rc;
	}
	take_task(s);
	s->tasks_out++;
	if (rc == I2N_OK)
		return ask(r);
	decide(r, false);	/* damaged in the image: the engine tells it */
	return I2N_OK;
}

int survey_task_start(struct survey *s)
{
	if (s->waiting)
		return ask_waiting(s);
	if (!s->tasks || s->tasks_out >= TASKS_MAX)
		return I2N_END;
	return start_task(s);
}

void survey_read_release(struct survey *s)
{
	while (s->waiting) {
		struct read_op *r = s->waiting;

		s->waiting = r->next;
		read_free(r);
	}
	while (s->tasks)
		take_task(s);
}
