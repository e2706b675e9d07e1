#include "img2nfs/name.h"

#include "verify_own.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK_MAX (1u << 20)
#define TARGET_MAX 65535u
#define TARGET_MORE 4096u	/* a target longer than the right one by more is not shown, but
				 * told */
#define HOLES_READ_MAX (UINT64_C(64) << 20)	/* holes of a file that are read in any case */

/* A piece of a file, from the request until all before it has been compared. */
struct chunk {
	struct i2n_op op;	/* first member */
	struct verify_file *f;
	struct chunk *next;
	unsigned char *got, *want;	/* want: NULL with a manifest */
	uint64_t held;
	bool back;
};

struct verify_file {
	struct verify *v;
	struct verify_task task;
	struct i2n_file *image;		/* NULL with a manifest */
	struct i2n_digest *got, *want;
	struct i2n_range pend;		/* data of the image not yet read */
	uint64_t asked;			/* all before has been asked for */
	uint64_t differs_at;
	bool no_more_data, asked_all, skip_holes, failed, differs;
	struct chunk *head, *tail;
};

static uint64_t size_of(const struct verify_file *f)
{
	return f->task.size;	/* the image has the same, else there would be no task */
}

static void file_free(struct verify_file *f)
{
	if (f->image)
		f->v->reader->ops->close(f->image);
	i2n_digest_free(f->got);
	i2n_digest_free(f->want);
	i2n_sink_release(f->v->sink, f->task.obj);
	free(f);
}

static void file_fail(struct verify_file *f, int rc, const struct i2n_err *err)
{
	if (rc == I2N_FATAL)
		verify_die(f->v, err);
	else if (!f->failed && !f->v->dead)
		verify_unread(f->v, f->task.dirent, err);
	f->failed = f->asked_all = true;
}

/* All is back: the digests decide. */
static void judge(struct verify_file *f)
{
	const struct i2n_expect *expect = f->v->opts->expect;
	char got[33], want[33], at[64] = "";

	i2n_digest_hex(f->got, got);
	if (expect)
		i2n_digest_text(expect->digests[f->task.inode], want);
	else
		i2n_digest_hex(f->want, want);
	if (!strcmp(got, want) && !f->differs)
		return;
	if (f->differs)
		(void)snprintf(at, sizeof(at), " from byte %" PRIu64 " on", f->differs_at);
	verify_differ(f->v, I2N_DIFF_CONTENT, f->task.dirent,
		      "its content differs%s: xxh3-128 %s instead of %s", at, got, want);
}

static void end_if_over(struct verify_file *f)
{
	if (f->head || !f->asked_all || f->v->sending == f)
		return;
	if (!f->failed && !f->v->dead)
		judge(f);
	file_free(f);
}

static void differ_at(struct verify_file *f, uint64_t off)
{
	if (!f->differs)
		f->differs_at = off;
	f->differs = true;
}

static void compare_bytes(struct verify_file *f, const struct chunk *c)
{
	if (!c->want || !memcmp(c->got, c->want, c->op.ret_len))
		return;
	for (uint32_t i = 0; i < c->op.ret_len; i++) {
		if (c->got[i] != c->want[i]) {
			differ_at(f, c->op.off + i);
			return;
		}
	}
}

static void take_chunk(struct verify_file *f, const struct chunk *c)
{
	if (f->failed || f->v->dead)
		return;
	i2n_digest_add(f->got, c->got, c->op.ret_len);
	if (c->want)
		i2n_digest_add(f->want, c->want, c->op.len);
	compare_bytes(f, c);
	if (c->op.ret_len < c->op.len)	/* cut short since it was listed */
		differ_at(f, c->op.off + c->op.ret_len);
	f->v->res->bytes += c->op.ret_len;
}

static void chunk_free(struct verify *v, struct chunk *c)
{
	v->held -= c->held;
	free(c->got);
	free(c->want);
	free(c);
}

static void on_read(struct i2n_op *op)
{
	struct chunk *c = (struct chunk *)(void *)op;
	struct verify_file *f = c->f;
	struct verify *v = f->v;

	v->out--;
	c->back = true;
	if (op->rc != I2N_OK)
		file_fail(f, op->rc, &op->err);
	while ((c = f->head) && c->back) {
		take_chunk(f, c);
		f->head = c->next;
		if (!f->head)
			f->tail = NULL;
		chunk_free(v, c);
	}
	end_if_over(f);
}

/* --- the image's side --- */

static int next_data(struct verify_file *f, uint64_t max, struct i2n_err *err)
{
	int rc = f->v->reader->ops->next(f->image, max, &f->pend, err);

	f->no_more_data = rc == I2N_END;
	if (rc != I2N_OK)
		f->pend.len = 0;
	return rc == I2N_END ? I2N_OK : rc;
}

/* [off, off + len) of the image's file, with zeros for holes. Called with ascending ranges. */
static int image_bytes(struct verify_file *f, unsigned char *buf, size_t len, uint64_t off,
		       struct i2n_err *err)
{
	int rc = I2N_OK;

	memset(buf, 0, len);
	for (;;) {
		size_t n;

		if (!f->pend.len && !f->no_more_data)
			rc = next_data(f, CHUNK_MAX, err);
		if (rc != I2N_OK || !f->pend.len || f->pend.off >= off + len)
			return rc;
		n = (size_t)(off + len - f->pend.off);
		if (n > f->pend.len)
			n = (size_t)f->pend.len;
		rc = f->v->reader->ops->read(f->image, buf + (f->pend.off - off), n, f->pend.off,
					     err);
		if (rc != I2N_OK)
			return rc;
		f->pend.off += n;
		f->pend.len -= n;
	}
}

/* See verify.h: holes are not read when there is no room for data in them at the server. */
static int judge_holes(struct verify_file *f, struct i2n_err *err)
{
	uint64_t data = 0;
	int rc;

	if (size_of(f) < HOLES_READ_MAX)
		return I2N_OK;
	while ((rc = next_data(f, UINT64_MAX, err)) == I2N_OK && f->pend.len)
		data += (f->pend.len + 8191) / 4096 * 4096;
	if (rc == I2N_OK)
		rc = f->v->reader->ops->rewind(f->image, err);
	f->no_more_data = false;
	f->pend.len = 0;
	if (rc != I2N_OK || data >= size_of(f) || size_of(f) - data < HOLES_READ_MAX ||
	    f->task.used > data + data / 64 + 65536)
		return rc;
	f->skip_holes = true;
	f->v->res->hole_bytes += size_of(f) - data;
	return next_data(f, CHUNK_MAX, err);
}

static int open_image(struct verify_file *f, struct i2n_err *err)
{
	const struct i2n_inode *in = &f->v->tree->inodes[f->task.inode];
	int rc = f->v->reader->ops->open(f->v->reader, in, &f->image, err);

	if (rc != I2N_OK) {
		f->image = NULL;
		return rc;
	}
	return judge_holes(f, err);
}

static int file_open(struct verify *v, const struct verify_task *task)
{
	struct verify_file *f = calloc(1, sizeof(*f));
	struct i2n_err err;
	int rc = I2N_OK;

	if (!f)
		goto nomem;
	*f = (struct verify_file){ .v = v, .task = *task };
	f->got = i2n_digest_new();
	f->want = i2n_digest_new();
	if (!f->got || !f->want) {
		file_free(f);
		goto nomem;
	}
	if (!v->opts->expect)
		rc = open_image(f, &err);
	if (rc != I2N_OK)
		file_fail(f, rc, &err);
	f->asked_all |= !size_of(f) || (f->skip_holes && !f->pend.len);
	v->sending = f;
	return I2N_OK;
nomem:
	(void)i2n_err_nomem(&err);
	verify_die(v, &err);
	return I2N_FATAL;
}

/* --- asking --- */

static void next_range(const struct verify_file *f, uint32_t max, struct i2n_range *ret)
{
	uint64_t rest = size_of(f) - f->asked;

	*ret = (struct i2n_range){ f->asked, rest < max ? rest : max };
	if (f->skip_holes) {
		*ret = f->pend;
		if (ret->len > max)
			ret->len = max;
	}
}

static struct chunk *chunk_new(struct verify_file *f, const struct i2n_range *r)
{
	struct chunk *c = calloc(1, sizeof(*c));
	bool image = f->image != NULL;

	if (!c)
		return NULL;
	c->f = f;
	c->got = malloc((size_t)r->len);
	c->want = image ? malloc((size_t)r->len) : NULL;
	if (!c->got || (image && !c->want)) {
		free(c->got);
		free(c->want);
		free(c);
		return NULL;
	}
	c->held = image ? 2 * r->len : r->len;
	f->v->held += c->held;
	c->op = (struct i2n_op){ .kind = I2N_OP_READ, .obj = f->task.obj, .buf = c->got,
				 .len = (uint32_t)r->len, .off = r->off,
				 .dirent = f->task.dirent, .done = on_read };
	return c;
}

static int ask(struct verify_file *f, const struct i2n_range *r)
{
	struct verify *v = f->v;
	struct chunk *c = chunk_new(f, r);
	struct i2n_err err;
	int rc;

	if (!c) {
		(void)i2n_err_nomem(&err);
		verify_die(v, &err);
		return I2N_FATAL;
	}
	rc = verify_submit(v, &c->op);
	if (rc != I2N_OK) {
		chunk_free(v, c);
		return rc;
	}
	*(f->tail ? &f->tail->next : &f->head) = c;
	f->tail = c;
	f->asked = r->off + r->len;
	/* the image's bytes while the request is on its way */
	rc = f->image ? image_bytes(f, c->want, (size_t)r->len, r->off, &err) : I2N_OK;
	if (rc != I2N_OK)
		file_fail(f, rc, &err);
	if (f->skip_holes ? !f->pend.len : f->asked == size_of(f))
		f->asked_all = true;
	return I2N_OK;
}

static void leave(struct verify *v)
{
	struct verify_file *f = v->sending;

	v->sending = NULL;
	end_if_over(f);
}

static int send_piece(struct verify *v)
{
	struct verify_file *f = v->sending;
	uint32_t max = v->sink->read_size < CHUNK_MAX ? v->sink->read_size : CHUNK_MAX;
	struct i2n_range r;
	int rc = I2N_OK;

	if (!f->asked_all) {
		next_range(f, max, &r);
		if (v->held && v->held + 2 * r.len > v->budget)
			return I2N_RETRY;
		rc = ask(f, &r);
	}
	if (rc == I2N_OK && f->asked_all)
		leave(v);
	return rc;
}

void verify_file_abort(struct verify *v)
{
	if (!v->sending)
		return;
	v->sending->asked_all = true;
	leave(v);
}

/* --- symlinks --- */

struct link_op {
	struct i2n_op op;	/* first member */
	struct verify *v;
	struct verify_task task;
	unsigned char *got, *want;
};

static void link_free(struct link_op *lo)
{
	free(lo->got);
	free(lo->want);
	free(lo);
}

static void on_readlink(struct i2n_op *op)
{
	struct link_op *lo = (struct link_op *)(void *)op;
	struct verify *v = lo->v;
	const struct i2n_inode *in = &v->tree->inodes[lo->task.inode];
	char got[360], want[360];
	bool ok = verify_op_back(v, op);

	if (ok && (op->ret_len != in->size || memcmp(lo->got, lo->want, op->ret_len)))
		verify_differ(v, I2N_DIFF_TARGET, lo->task.dirent, "target %s instead of %s",
			      i2n_quote(got, sizeof(got), lo->got, op->ret_len),
			      i2n_quote(want, sizeof(want), lo->want, (size_t)in->size));
	i2n_sink_release(v->sink, lo->task.obj);
	link_free(lo);
}

static struct link_op *link_new(struct verify *v, const struct verify_task *task, size_t want_len)
{
	struct link_op *lo = calloc(1, sizeof(*lo));

	if (!lo)
		return NULL;
	lo->v = v;
	lo->task = *task;
	lo->want = malloc(want_len + 1);
	lo->got = malloc(want_len + TARGET_MORE);
	if (!lo->want || !lo->got) {
		link_free(lo);
		return NULL;
	}
	lo->op = (struct i2n_op){ .kind = I2N_OP_READLINK, .obj = task->obj, .buf = lo->got,
				  .len = (uint32_t)want_len + TARGET_MORE, .dirent = task->dirent,
				  .done = on_readlink };
	return lo;
}

/* I2N_OK: the task is taken over. */
static int link_ask(struct verify *v, const struct verify_task *task)
{
	const struct i2n_inode *in = &v->tree->inodes[task->inode];
	struct i2n_err err;
	struct link_op *lo;
	int rc;

	if (in->size > TARGET_MAX) {
		i2n_err_set(&err, I2N_DOM_IMAGE, 0, "its target is too long");
		i2n_err_blame(&err, I2N_BLAME_IMAGE);
		verify_unread(v, task->dirent, &err);
		i2n_sink_release(v->sink, task->obj);
		return I2N_OK;
	}
	lo = link_new(v, task, (size_t)in->size);
	if (!lo) {
		(void)i2n_err_nomem(&err);
		verify_die(v, &err);
		return I2N_FATAL;
	}
	rc = v->reader->ops->readlink(v->reader, in, lo->want, (size_t)in->size, &err);
	if (rc != I2N_OK) {
		if (rc == I2N_FATAL)
			verify_die(v, &err);
		else
			verify_unread(v, task->dirent, &err);
		i2n_sink_release(v->sink, task->obj);
		link_free(lo);
		return I2N_OK;
	}
	rc = verify_submit(v, &lo->op);
	if (rc != I2N_OK)
		link_free(lo);
	return rc;
}

static int start_task(struct verify *v)
{
	struct verify_task *task = v->tasks;
	bool is_symlink = i2n_inode_type(&v->tree->inodes[task->inode]) == I2N_S_IFLNK;
	int rc = is_symlink ? link_ask(v, task) : file_open(v, task);

	if (rc != I2N_OK)
		return rc;
	v->tasks = task->next;
	if (!v->tasks)
		v->tasks_tail = NULL;
	v->n_tasks--;
	free(task);
	return I2N_OK;
}

int verify_file_next(struct verify *v)
{
	if (v->sending)
		return send_piece(v);
	return v->tasks ? start_task(v) : I2N_END;
}
