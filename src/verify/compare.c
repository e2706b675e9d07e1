#include "img2nfs/compare.h"

#include "img2nfs/digest.h"
#include "img2nfs/digests.h"
#include "img2nfs/name.h"

#include <stdlib.h>
#include <string.h>

#define CHUNK_MAX (1u << 20)
#define TARGET_MAX 65535u
#define TARGET_MORE 4096u	/* a target longer than the right one by more is not shown, but
				 * told */
#define HOLES_READ_MAX (UINT64_C(64) << 20)	/* holes of a file that are read in any case */

struct compare_task {
	struct i2n_compare_task t;	/* first member */
	struct compare_task *next;
};

/* A piece of a file, from the request until all before it has been compared. */
struct chunk {
	struct i2n_op op;	/* first member */
	struct compare_file *f;
	struct chunk *next;
	unsigned char *got, *want;	/* want: NULL with a digest */
	uint64_t held;
	bool back;
};

struct compare_file {
	struct i2n_compare *c;
	struct i2n_compare_task task;
	struct i2n_file *image;		/* NULL with a digest */
	struct i2n_digest *got, *want;
	struct i2n_range pend;		/* data of the image not yet read */
	uint64_t asked;			/* all before has been asked for */
	uint64_t differs_at;
	bool no_more_data, asked_all, skip_holes, differs;
	int rc;				/* what it failed with, and why */
	struct i2n_err err;
	struct chunk *head, *tail;
};

static void finish(struct i2n_compare *c, const struct i2n_compared *res)
{
	bool keep = false;

	c->done(c->ctx, res, &keep);
	if (!keep)
		i2n_sink_release(c->sink, res->task->obj);
}

static void file_free(struct compare_file *f)
{
	if (f->image)
		f->c->reader->ops->close(f->image);
	i2n_digest_free(f->got);
	i2n_digest_free(f->want);
	free(f);
}

static void file_fail(struct compare_file *f, int rc, const struct i2n_err *err)
{
	if (f->rc == I2N_OK || (rc == I2N_FATAL && f->rc != I2N_FATAL)) {
		f->rc = rc;
		f->err = *err;
	}
	f->asked_all = true;
}

/* All is back: the digests decide. */
static void judge(struct compare_file *f)
{
	struct i2n_compared res = { .task = &f->task, .rc = f->rc, .err = &f->err };

	if (f->rc == I2N_OK && f->c->stopped)
		res.rc = I2N_END;
	if (res.rc == I2N_OK) {
		i2n_digest_hex(f->got, res.got);
		if (f->task.digest)
			i2n_digest_text(f->task.digest, res.want);
		else
			i2n_digest_hex(f->want, res.want);
		res.equal = !strcmp(res.got, res.want) && !f->differs;
		res.has_off = f->differs;
		res.off = f->differs_at;
	}
	finish(f->c, &res);
}

static void end_if_over(struct compare_file *f)
{
	if (f->head || !f->asked_all || f->c->sending == f)
		return;
	judge(f);
	file_free(f);
}

static void differ_at(struct compare_file *f, uint64_t off)
{
	if (!f->differs)
		f->differs_at = off;
	f->differs = true;
	f->asked_all |= f->c->first_only;
}

static void compare_bytes(struct compare_file *f, const struct chunk *c)
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

static void take_chunk(struct compare_file *f, const struct chunk *c)
{
	if (f->rc != I2N_OK || f->c->stopped)
		return;
	i2n_digest_add(f->got, c->got, c->op.ret_len);
	if (c->want)
		i2n_digest_add(f->want, c->want, c->op.len);
	compare_bytes(f, c);
	if (c->op.ret_len < c->op.len)	/* cut short since it was listed */
		differ_at(f, c->op.off + c->op.ret_len);
	f->c->bytes += c->op.ret_len;
}

static void chunk_free(struct chunk *c)
{
	c->f->c->held -= c->held;
	free(c->got);
	free(c->want);
	free(c);
}

static void on_read(struct i2n_op *op)
{
	struct chunk *c = (struct chunk *)(void *)op;
	struct compare_file *f = c->f;

	f->c->out--;
	c->back = true;
	if (op->rc != I2N_OK)
		file_fail(f, op->rc, &op->err);
	while ((c = f->head) && c->back) {
		take_chunk(f, c);
		f->head = c->next;
		if (!f->head)
			f->tail = NULL;
		chunk_free(c);
	}
	end_if_over(f);
}

/* --- the image's side --- */

static int next_data(struct compare_file *f, uint64_t max, struct i2n_err *err)
{
	int rc = f->c->reader->ops->next(f->image, max, &f->pend, err);

	f->no_more_data = rc == I2N_END;
	if (rc != I2N_OK)
		f->pend.len = 0;
	return rc == I2N_END ? I2N_OK : rc;
}

/* [off, off + len) of the image's file, with zeros for holes. Called with ascending ranges. */
static int image_bytes(struct compare_file *f, unsigned char *buf, size_t len, uint64_t off,
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
		rc = f->c->reader->ops->read(f->image, buf + (f->pend.off - off), n, f->pend.off,
					     err);
		if (rc != I2N_OK)
			return rc;
		f->pend.off += n;
		f->pend.len -= n;
	}
}

/* See compare.h: holes are not read when there is no room for data in them at the server. */
static int judge_holes(struct compare_file *f, struct i2n_err *err)
{
	uint64_t data = 0, size = f->task.size;
	int rc;

	if (size < HOLES_READ_MAX)
		return I2N_OK;
	while ((rc = next_data(f, UINT64_MAX, err)) == I2N_OK && f->pend.len)
		data += (f->pend.len + 8191) / 4096 * 4096;
	if (rc == I2N_OK)
		rc = f->c->reader->ops->rewind(f->image, err);
	f->no_more_data = false;
	f->pend.len = 0;
	if (rc != I2N_OK || data >= size || size - data < HOLES_READ_MAX ||
	    f->task.used > data + data / 64 + 65536)
		return rc;
	f->skip_holes = true;
	f->c->hole_bytes += size - data;
	return next_data(f, CHUNK_MAX, err);
}

static int open_image(struct compare_file *f, struct i2n_err *err)
{
	int rc = f->c->reader->ops->open(f->c->reader, f->task.in, &f->image, err);

	if (rc != I2N_OK) {
		f->image = NULL;
		return rc;
	}
	return judge_holes(f, err);
}

static const unsigned char *known_digest(const struct i2n_compare *c,
					 const struct i2n_compare_task *task)
{
	size_t i;

	if (!c->digests)
		return NULL;
	i = (size_t)(task->in - c->digests->tree->inodes);
	return c->digests->has[i] ? c->digests->bytes[i] : NULL;
}

static int file_open(struct i2n_compare *c, const struct i2n_compare_task *task,
		     struct i2n_err *err)
{
	struct compare_file *f = calloc(1, sizeof(*f));
	struct i2n_err why;
	int rc = I2N_OK;

	if (!f)
		return i2n_err_nomem(err);
	f->c = c;
	f->task = *task;
	if (!f->task.digest)
		f->task.digest = known_digest(c, task);
	f->got = i2n_digest_new();
	f->want = i2n_digest_new();
	if (!f->got || !f->want) {
		file_free(f);
		return i2n_err_nomem(err);
	}
	if (!f->task.digest)
		rc = open_image(f, &why);
	if (rc != I2N_OK)
		file_fail(f, rc, &why);
	f->asked_all |= !task->size || (f->skip_holes && !f->pend.len);
	c->sending = f;
	return I2N_OK;
}

/* --- asking --- */

static void next_range(const struct compare_file *f, uint32_t max, struct i2n_range *ret)
{
	uint64_t rest = f->task.size - f->asked;

	*ret = (struct i2n_range){ f->asked, rest < max ? rest : max, 0 };
	if (f->skip_holes) {
		*ret = f->pend;
		if (ret->len > max)
			ret->len = max;
	}
}

static struct chunk *chunk_new(struct compare_file *f, const struct i2n_range *r)
{
	struct chunk *c = calloc(1, sizeof(*c));
	bool image = f->image != NULL;

	if (!c)
		return NULL;
	c->f = f;
	c->got = malloc((size_t)r->len);
	c->want = image ? malloc((size_t)r->len) : NULL;
	if (!c->got || (image && !c->want)) {
		chunk_free(c);
		return NULL;
	}
	c->held = image ? 2 * r->len : r->len;
	f->c->held += c->held;
	c->op = (struct i2n_op){ .kind = I2N_OP_READ, .obj = f->task.obj, .buf = c->got,
				 .len = (uint32_t)r->len, .off = r->off,
				 .dirent = f->task.dirent, .done = on_read };
	return c;
}

static int submit(struct i2n_compare *c, struct i2n_op *op, struct i2n_err *err)
{
	int rc = i2n_sink_submit(c->sink, op, err);

	c->out += rc == I2N_OK;
	return rc;
}

static int ask(struct compare_file *f, const struct i2n_range *r, struct i2n_err *err)
{
	struct chunk *c = chunk_new(f, r);
	struct i2n_err why;
	int rc;

	if (!c)
		return i2n_err_nomem(err);
	rc = submit(f->c, &c->op, err);
	if (rc != I2N_OK) {
		chunk_free(c);
		return rc;
	}
	*(f->tail ? &f->tail->next : &f->head) = c;
	f->tail = c;
	f->asked = r->off + r->len;
	/* the image's bytes while the request is on its way */
	rc = f->image ? image_bytes(f, c->want, (size_t)r->len, r->off, &why) : I2N_OK;
	if (rc != I2N_OK)
		file_fail(f, rc, &why);
	if (f->skip_holes ? !f->pend.len : f->asked == f->task.size)
		f->asked_all = true;
	return I2N_OK;
}

static void leave(struct i2n_compare *c)
{
	struct compare_file *f = c->sending;

	c->sending = NULL;
	end_if_over(f);
}

static int send_piece(struct i2n_compare *c, struct i2n_err *err)
{
	struct compare_file *f = c->sending;
	uint32_t max = c->sink->read_size < CHUNK_MAX ? c->sink->read_size : CHUNK_MAX;
	struct i2n_range r;
	int rc = I2N_OK;

	if (!f->asked_all) {
		next_range(f, max, &r);
		if (c->held && c->held + 2 * r.len > c->budget)
			return I2N_RETRY;
		rc = ask(f, &r, err);
	}
	if (rc == I2N_OK && f->asked_all)
		leave(c);
	return rc;
}

/* --- symlinks --- */

struct link_op {
	struct i2n_op op;	/* first member */
	struct i2n_compare *c;
	struct i2n_compare_task task;
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
	struct i2n_compared res = { .task = &lo->task, .rc = op->rc, .err = &op->err };
	size_t len = (size_t)lo->task.in->size;

	lo->c->out--;
	if (op->rc == I2N_OK) {
		res.equal = op->ret_len == len && !memcmp(lo->got, lo->want, len);
		(void)i2n_quote(res.got, sizeof(res.got), lo->got, op->ret_len);
		(void)i2n_quote(res.want, sizeof(res.want), lo->want, len);
	}
	finish(lo->c, &res);
	link_free(lo);
}

static struct link_op *link_new(struct i2n_compare *c, const struct i2n_compare_task *task)
{
	struct link_op *lo = calloc(1, sizeof(*lo));
	size_t len = (size_t)task->in->size;

	if (!lo)
		return NULL;
	lo->c = c;
	lo->task = *task;
	lo->want = malloc(len + 1);
	lo->got = malloc(len + TARGET_MORE);
	if (!lo->want || !lo->got) {
		link_free(lo);
		return NULL;
	}
	lo->op = (struct i2n_op){ .kind = I2N_OP_READLINK, .obj = task->obj, .buf = lo->got,
				  .len = (uint32_t)len + TARGET_MORE, .dirent = task->dirent,
				  .done = on_readlink };
	return lo;
}

/* I2N_OK: the task is taken over. */
static int link_ask(struct i2n_compare *c, const struct i2n_compare_task *task,
		    struct i2n_err *err)
{
	struct i2n_compared res = { .task = task };
	struct link_op *lo;
	struct i2n_err why;
	int rc;

	res.err = &why;
	if (task->in->size > TARGET_MAX) {
		res.rc = i2n_fail(&why, I2N_BADNODE, I2N_DOM_IMAGE, 0, "its target is too long");
		i2n_err_blame(&why, I2N_BLAME_IMAGE);
		finish(c, &res);
		return I2N_OK;
	}
	lo = link_new(c, task);
	if (!lo)
		return i2n_err_nomem(err);
	res.rc = c->reader->ops->readlink(c->reader, task->in, lo->want, (size_t)task->in->size,
					  &why);
	rc = I2N_OK;
	if (res.rc != I2N_OK)
		finish(c, &res);
	else
		rc = submit(c, &lo->op, err);
	if (res.rc != I2N_OK || rc != I2N_OK)
		link_free(lo);
	return rc;
}

/* --- ACLs --- */

struct acl_op {
	struct i2n_op op;	/* first member */
	struct i2n_compare *c;
	struct i2n_compare_task task;
};

static void on_acl(struct i2n_op *op)
{
	struct acl_op *ao = (struct acl_op *)(void *)op;
	struct i2n_compared res = { .task = &ao->task, .rc = op->rc, .err = &op->err,
				    .equal = op->same };

	ao->c->out--;
	finish(ao->c, &res);
	free(ao);
}

static int acl_ask(struct i2n_compare *c, const struct i2n_compare_task *task,
		   struct i2n_err *err)
{
	struct acl_op *ao = calloc(1, sizeof(*ao));
	int rc;

	if (!ao)
		return i2n_err_nomem(err);
	ao->c = c;
	ao->task = *task;
	ao->op = (struct i2n_op){ .kind = I2N_OP_ACL, .obj = task->obj, .inode = task->in,
				  .dirent = task->dirent, .done = on_acl };
	rc = submit(c, &ao->op, err);
	if (rc != I2N_OK)
		free(ao);
	return rc;
}

/* --- tasks --- */

int i2n_compare_push(struct i2n_compare *c, const struct i2n_compare_task *task,
		     struct i2n_err *err)
{
	struct compare_task *t = malloc(sizeof(*t));

	if (!t)
		return i2n_err_nomem(err);
	*t = (struct compare_task){ .t = *task };
	*(c->tail ? &c->tail->next : &c->tasks) = t;
	c->tail = t;
	c->n_tasks++;
	return I2N_OK;
}

static void drop_task(struct i2n_compare *c)
{
	struct compare_task *t = c->tasks;

	c->tasks = t->next;
	if (!c->tasks)
		c->tail = NULL;
	c->n_tasks--;
	free(t);
}

static int start_task(struct i2n_compare *c, struct i2n_err *err)
{
	const struct i2n_compare_task *task = &c->tasks->t;
	bool is_symlink = i2n_inode_type(task->in) == I2N_S_IFLNK;
	int rc = task->acl  ? acl_ask(c, task, err)
		 : is_symlink ? link_ask(c, task, err)
			      : file_open(c, task, err);

	if (rc == I2N_OK)
		drop_task(c);
	return rc;
}

int i2n_compare_next(struct i2n_compare *c, struct i2n_err *err)
{
	if (c->stopped)
		return I2N_END;
	if (c->sending)
		return send_piece(c, err);
	return c->tasks ? start_task(c, err) : I2N_END;
}

void i2n_compare_stop(struct i2n_compare *c)
{
	c->stopped = true;
	if (!c->sending)
		return;
	c->sending->asked_all = true;
	leave(c);
}

void i2n_compare_release(struct i2n_compare *c)
{
	i2n_compare_stop(c);
	while (c->tasks) {
		i2n_sink_release(c->sink, c->tasks->t.obj);
		drop_task(c);
	}
}
