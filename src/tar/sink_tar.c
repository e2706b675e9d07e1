/* The sink: one op at a time, in the order of the archive. A large file takes several turns of
 * service(), so that a stop is heeded in between. */
#include "img2nfs/tar.h"

#include "img2nfs/loss.h"

#include "tar_attrs.h"
#include "tar_out.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BUF_SIZE (1u << 20)
#define TURN 4		/* buffers of a file per turn */
#define END_BLOCKS 2
#define RECORD 20	/* blocks: tar's customary multiple */

struct tar_sink {
	struct i2n_sink base;
	struct i2n_sink_env env;
	struct tar_out *out;
	struct i2n_op *op;		/* under way */
	struct i2n_file *file;		/* of op; its header has been written */
	uint64_t at, size;		/* bytes of its data: written so far; all */
	bool cancelled;
	int signo;
	uint64_t written;		/* bytes of the archive, to fill the last record */
	struct tar_buf head, records;
	unsigned char *buf;
};

static int put(struct tar_sink *t, const void *buf, size_t len, struct i2n_err *err)
{
	t->written += len;
	return tar_out_write(t->out, buf, len, err);
}

static int put_zeros(struct tar_sink *t, uint64_t len, struct i2n_err *err)
{
	t->written += len;
	return tar_out_zeros(t->out, len, err);
}

/* --- headers --- */

/* "./etc/fstab", with a slash behind a directory. The dot is what GNU tar needs to see that the
 * root is above all: it would settle its times too early. */
static char *path_of(const struct tar_sink *t, uint32_t dirent, bool is_dir, size_t *ret_len)
{
	char *path = i2n_tree_path(t->env.tree, dirent, ret_len), *full;

	if (!path)
		return NULL;
	full = malloc(*ret_len + 4);
	if (full)
		*ret_len = (size_t)sprintf(full, "%s%s%s", dirent == I2N_NONE ? "" : "./", path,
					   is_dir ? "/" : "");	/* there is room */
	free(path);
	return full;
}

static void note(const struct tar_sink *t, enum i2n_note_kind kind, const char *cls,
		 const struct i2n_inode *in, const char *text)
{
	size_t len = 0;
	char *path = i2n_tree_path(t->env.tree, in->first_dirent, &len);

	/* without memory for the path the note still counts */
	i2n_note(t->env.notes, kind, cls, path, len, "%s", text);
	free(path);
}

/* Damaged ones are told, and what is good of them is stored; when the tree was read some may have
 * been found already. */
static int get_attrs(struct tar_sink *t, const struct i2n_inode *in, struct i2n_err *err)
{
	unsigned left_out;
	char text[80];
	int rc;

	t->records.len = 0;
	rc = tar_attrs_get(t->env.reader, in, &t->records, &left_out, err);
	if (rc == I2N_BADNODE && !(in->flags & I2N_INODE_DAMAGED))
		note(t, I2N_NOTE_DAMAGED, "xattr", in, err->msg);
	if (left_out) {
		/* fits always */
		(void)snprintf(text, sizeof(text), "%u of its attributes are more than readers of "
			       "tar take", left_out);
		note(t, I2N_NOTE_LOSS, i2n_loss_word(0), in, text);
	}
	return rc == I2N_FATAL ? rc : I2N_OK;
}

/* h: with type, and size or link where there are such. */
static int put_head(struct tar_sink *t, const struct i2n_op *op, struct tar_head *h,
		    struct i2n_err *err)
{
	const struct i2n_inode *in = op->inode;
	char *path = path_of(t, op->dirent, h->type == TAR_DIR, &h->path_len);

	if (!path)
		return i2n_err_nomem(err);
	h->path = path;
	h->mode = in->mode;
	h->uid = in->uid;
	h->gid = in->gid;
	h->mtime = in->mtime;
	h->atime = in->atime;
	t->head.len = 0;
	tar_head_put(&t->head, h);
	free(path);
	if (t->head.failed)
		return i2n_err_nomem(err);
	return put(t, t->head.bytes, t->head.len, err);
}

static int put_object(struct tar_sink *t, const struct i2n_op *op, struct tar_head *h,
		      struct i2n_err *err)
{
	h->records = &t->records;
	return get_attrs(t, op->inode, err) ? I2N_FATAL : put_head(t, op, h, err);
}

static int put_link(struct tar_sink *t, const struct i2n_op *op, struct i2n_err *err)
{
	struct tar_head h = { .type = TAR_LINK };
	char *link = path_of(t, op->obj - 1, false, &h.link_len);
	int rc;

	if (!link)
		return i2n_err_nomem(err);
	h.link = link;
	rc = put_head(t, op, &h, err);
	free(link);
	return rc;
}

static int put_symlink(struct tar_sink *t, const struct i2n_op *op, struct i2n_err *err)
{
	struct tar_head h = { .type = TAR_SYMLINK, .link = (const char *)t->buf,
			      .link_len = (size_t)op->inode->size };
	int rc = t->env.reader->ops->readlink(t->env.reader, op->inode, t->buf, BUF_SIZE, err);

	return rc ? rc : put_object(t, op, &h, err);
}

static int put_node(struct tar_sink *t, const struct i2n_op *op, struct i2n_err *err)
{
	struct tar_head h = { .type = TAR_FIFO };

	switch (i2n_inode_type(op->inode)) {
	case I2N_S_IFCHR:
		h.type = TAR_CHAR;
		break;
	case I2N_S_IFBLK:
		h.type = TAR_BLOCKDEV;
		break;
	default:
		return put_object(t, op, &h, err);
	}
	h.major = op->inode->rdev.major;
	h.minor = op->inode->rdev.minor;
	return put_object(t, op, &h, err);
}

/* --- content --- */

/* What a walk over the data ranges of the file finds. */
struct extent_sum {
	uint64_t n, bytes, map;	/* map: bytes of its lines for GNU.sparse */
};

static unsigned decimal(char *buf, uint64_t v)
{
	return (unsigned)sprintf(buf, "%" PRIu64 "\n", v);	/* 21 bytes at most */
}

static int add_up(struct tar_sink *t, struct extent_sum *sum, struct i2n_err *err)
{
	const struct i2n_reader_ops *ops = t->env.reader->ops;
	struct i2n_range range;
	char text[24];
	int rc;

	*sum = (struct extent_sum){ 0 };
	while (!(rc = ops->next(t->file, UINT64_MAX, &range, err))) {
		sum->n++;
		sum->bytes += range.len;	/* disjoint, inside the size */
		sum->map += decimal(text, range.off) + decimal(text, range.len);
	}
	return rc == I2N_END ? ops->rewind(t->file, err) : rc;
}

/* The map: how many ranges, then each; one of no bytes at the end says how large the file is. */
static int put_map(struct tar_sink *t, const struct extent_sum *sum, uint64_t size,
		   struct i2n_err *err)
{
	const struct i2n_reader_ops *ops = t->env.reader->ops;
	struct i2n_range range;
	uint64_t len = 0;
	char text[48];
	unsigned n = decimal(text, sum->n + 1);
	int rc;

	do {
		len += n;
		if (put(t, text, n, err))
			return I2N_FATAL;
		rc = ops->next(t->file, UINT64_MAX, &range, err);
		if (rc == I2N_END)
			range = (struct i2n_range){ size, 0, 0 };
		else if (rc)
			return I2N_FATAL;	/* it was read before */
		n = decimal(text, range.off);
		n += decimal(text + n, range.len);
	} while (rc != I2N_END);
	if (put(t, text, n, err) || put_zeros(t, tar_padding(len + n), err))
		return I2N_FATAL;
	return ops->rewind(t->file, err) ? I2N_FATAL : I2N_OK;
}

static uint64_t map_size(const struct extent_sum *sum, uint64_t size)
{
	char text[48];
	uint64_t len = sum->map + decimal(text, sum->n + 1) + decimal(text, size) + 2;

	return len + tar_padding(len);
}

/* Up to TURN buffers of it. I2N_END: all is written. */
static int put_content(struct tar_sink *t, struct i2n_err *err)
{
	const struct i2n_reader_ops *ops = t->env.reader->ops;
	struct i2n_range range;
	int rc;

	for (unsigned i = 0; i < TURN; i++) {
		rc = ops->next(t->file, BUF_SIZE, &range, err);
		if (rc == I2N_OK)
			rc = ops->read(t->file, t->buf, (size_t)range.len, range.off, err);
		if (rc)
			return rc;
		if (put(t, t->buf, (size_t)range.len, err))
			return I2N_FATAL;
		t->at += range.len;
		t->base.stats.bytes_written += range.len;
	}
	return I2N_OK;
}

/* After I2N_END, or a failure that leaves the file cut short in the archive. */
static int end_content(struct tar_sink *t, int rc, struct i2n_err *err)
{
	uint64_t left = t->size - t->at;

	t->env.reader->ops->close(t->file);
	t->file = NULL;
	if (rc == I2N_FATAL)
		return rc;
	if (rc == I2N_BADNODE)
		i2n_err_wrap(err, "in the archive it ends in zeros");
	if (put_zeros(t, left + tar_padding(t->size), err))
		return I2N_FATAL;
	return rc == I2N_END ? I2N_OK : rc;
}

/* A file of one buffer is read before anything of it is written: damage leaves it out. */
static int put_small(struct tar_sink *t, const struct i2n_op *op, struct tar_head *h,
		     struct i2n_err *err)
{
	const struct i2n_reader_ops *ops = t->env.reader->ops;
	struct i2n_range range;
	int rc;

	while (!(rc = ops->next(t->file, BUF_SIZE, &range, err))) {
		rc = ops->read(t->file, t->buf + range.off, (size_t)range.len, range.off, err);
		if (rc)
			return rc;
		t->at = range.off + range.len;
	}
	if (rc != I2N_END)
		return rc;
	rc = put_object(t, op, h, err);
	if (rc == I2N_OK)
		rc = put(t, t->buf, (size_t)t->at, err);
	t->base.stats.bytes_written += t->at;
	return rc ? rc : I2N_END;
}

/* Of an open file. I2N_OK: the content follows; I2N_END: it has been written. */
static int begin_file(struct tar_sink *t, const struct i2n_op *op, struct i2n_err *err)
{
	const uint64_t size = op->inode->size;
	struct tar_head h = { .type = TAR_FILE, .size = size };
	struct extent_sum sum;
	int rc = add_up(t, &sum, err);

	if (rc)
		return rc;
	t->at = 0;
	t->size = sum.bytes;
	h.is_sparse = sum.bytes < size;
	if (!h.is_sparse && size <= BUF_SIZE)
		return put_small(t, op, &h, err);
	if (h.is_sparse) {
		h.real_size = size;
		h.size = map_size(&sum, size) + sum.bytes;
	}
	rc = put_object(t, op, &h, err);
	if (rc == I2N_OK && h.is_sparse)
		rc = put_map(t, &sum, size, err);
	return rc;
}

static int put_file(struct tar_sink *t, const struct i2n_op *op, struct i2n_err *err)
{
	const struct i2n_reader_ops *ops = t->env.reader->ops;
	int rc = ops->open(t->env.reader, op->inode, &t->file, err);

	if (rc) {
		t->file = NULL;
		return rc;
	}
	rc = begin_file(t, op, err);
	if (rc == I2N_OK)
		return I2N_RETRY;	/* goes on with the next turn */
	if (rc == I2N_END)
		return end_content(t, rc, err);
	ops->close(t->file);
	t->file = NULL;
	return rc;
}

/* --- ops --- */

/* I2N_RETRY: not done yet. */
static int take(struct tar_sink *t, const struct i2n_op *op, struct i2n_err *err)
{
	struct tar_head dir = { .type = TAR_DIR };
	int rc;

	if (t->cancelled)
		return i2n_fail(err, I2N_FATAL, I2N_DOM_STOPPED, t->signo, "stopped");
	if (t->file) {
		rc = put_content(t, err);
		return rc == I2N_OK ? I2N_RETRY : end_content(t, rc, err);
	}
	switch (op->kind) {
	case I2N_OP_FILE:
		return put_file(t, op, err);
	case I2N_OP_SYMLINK:
		return put_symlink(t, op, err);
	case I2N_OP_MKNOD:
		return put_node(t, op, err);
	case I2N_OP_LINK:
		return put_link(t, op, err);
	default:
		return put_object(t, op, &dir, err);
	}
}

static int tar_submit(struct i2n_sink *sink, struct i2n_op *op, struct i2n_err *err)
{
	struct tar_sink *t = (struct tar_sink *)sink;

	(void)err;	/* cannot fail */
	if (t->op)
		return I2N_RETRY;
	t->op = op;
	return I2N_OK;
}

static int tar_service(struct i2n_sink *sink, int timeout_ms, struct i2n_err *err)
{
	struct tar_sink *t = (struct tar_sink *)sink;
	struct i2n_op *op = t->op;
	int rc;

	(void)timeout_ms;
	(void)err;	/* failures travel in the op */
	if (!op)
		return I2N_OK;
	rc = take(t, op, &op->err);
	if (rc == I2N_RETRY)
		return I2N_OK;
	op->rc = rc;
	if (op->kind == I2N_OP_MKDIR || op->keep)
		op->obj = op->dirent + 1;	/* 0 is the root */
	t->op = NULL;
	i2n_sink_complete(sink, op);
	return I2N_OK;
}

static void tar_cancel(struct i2n_sink *sink, int signo)
{
	struct tar_sink *t = (struct tar_sink *)sink;

	t->cancelled = true;
	t->signo = signo;
}

static void tar_release(struct i2n_sink *sink, i2n_obj obj)
{
	(void)sink;
	(void)obj;
}

static int tar_finish(struct i2n_sink *sink, struct i2n_err *err)
{
	struct tar_sink *t = (struct tar_sink *)sink;
	const uint64_t record = RECORD * TAR_BLOCK, end = END_BLOCKS * TAR_BLOCK;
	const uint64_t last = (t->written + end) % record;

	if (put_zeros(t, end + (last ? record - last : 0), err))
		return I2N_FATAL;
	return tar_out_finish(t->out, err);
}

static void tar_free(struct i2n_sink *sink)
{
	struct tar_sink *t = (struct tar_sink *)sink;

	if (t->file)
		t->env.reader->ops->close(t->file);
	tar_out_free(t->out);
	tar_buf_release(&t->head);
	tar_buf_release(&t->records);
	free(t->buf);
	free(t);
}

static const struct i2n_sink_ops tar_ops = {
	.name = "tar",
	.submit = tar_submit,
	.service = tar_service,
	.cancel = tar_cancel,
	.release = tar_release,
	.finish = tar_finish,
	.free = tar_free,
};

int i2n_sink_open_tar(const struct i2n_tar_opts *opts, const struct i2n_sink_env *env,
		      struct i2n_sink **ret, struct i2n_err *err)
{
	struct tar_sink *t = calloc(1, sizeof(*t));
	int rc;

	if (!t)
		return i2n_err_nomem(err);
	t->base.ops = &tar_ops;
	t->base.caps = I2N_CAP_XATTR | I2N_CAP_ACL | I2N_CAP_CAPS;
	t->base.in_order = true;
	t->env = *env;
	t->buf = malloc(BUF_SIZE);
	rc = t->buf ? tar_out_open(opts, &t->out, err) : i2n_err_nomem(err);
	if (rc == I2N_OK)
		*ret = &t->base;
	else
		tar_free(&t->base);
	return rc;
}
