#include "unproven.h"

#include <stdio.h>
#include <string.h>

#define LINE_LEN 256

static struct i2n_op named_op(enum i2n_op_kind kind)
{
	return (struct i2n_op){ .kind = kind, .parent = I2N_OBJ_ROOT, .obj = I2N_OBJ_NONE,
				.name = (const unsigned char *)I2N_UNPROVEN_NAME,
				.name_len = sizeof(I2N_UNPROVEN_NAME) - 1, .dirent = I2N_NONE };
}

static int cannot(const char *what, struct i2n_err *err)
{
	i2n_err_wrap(err, "cannot %s '" I2N_UNPROVEN_NAME "' at the destination", what);
	return I2N_FATAL;
}

/* Always of the same length, so that a new one covers the old one. */
static void make_line(char line[LINE_LEN], const char *stamp)
{
	const int n = snprintf(line, LINE_LEN, "img2nfs: contents are not proved yet; of a file of "
			       "%.150s", stamp[0] ? stamp : "unknown kind");

	memset(line + n, ' ', LINE_LEN - 1 - (size_t)n);
	line[LINE_LEN - 1] = '\n';
}

static int find(struct unproven *u, struct i2n_sink *sink, i2n_obj *ret, struct i2n_err *err)
{
	struct i2n_op op = named_op(I2N_OP_LOOKUP);

	if (i2n_sink_do(sink, &op, u->stop, err))
		return cannot("look for", err);
	u->there = !op.absent;
	if (u->there && (op.attr.mode & I2N_S_IFMT) != I2N_S_IFREG) {
		i2n_sink_release(sink, op.obj);
		return i2n_fail(err, I2N_FATAL, I2N_DOM_DEST, 0, "'" I2N_UNPROVEN_NAME
				"' at the destination is a name of ours, and no file");
	}
	*ret = u->there ? op.obj : I2N_OBJ_NONE;
	return I2N_OK;
}

int unproven_look(struct unproven *u, struct i2n_sink *sink, const char *stamp,
		  struct i2n_err *err)
{
	char ours[LINE_LEN], theirs[LINE_LEN];
	struct i2n_op read = { .kind = I2N_OP_READ, .buf = theirs, .len = LINE_LEN,
			       .dirent = I2N_NONE };
	int rc = find(u, sink, &read.obj, err);

	if (rc != I2N_OK || !u->there)
		return rc;
	rc = i2n_sink_do(sink, &read, u->stop, err);
	i2n_sink_release(sink, read.obj);
	if (rc != I2N_OK)
		return cannot("read", err);
	make_line(ours, stamp);
	u->is_of_other = !stamp[0] || read.ret_len != LINE_LEN ||
			 memcmp(ours, theirs, LINE_LEN) != 0;
	return I2N_OK;
}

static int create(struct unproven *u, struct i2n_sink *sink, i2n_obj *ret, struct i2n_err *err)
{
	const struct i2n_inode inode = { .mode = I2N_S_IFREG | 0644 };
	struct i2n_op op = named_op(I2N_OP_FILE);

	op.inode = &inode;
	op.exclusive = op.keep = true;
	if (i2n_sink_do(sink, &op, u->stop, err))
		return cannot("make", err);
	u->there = u->is_made = true;
	*ret = op.obj;
	return op.exists ? find(u, sink, ret, err) : I2N_OK;
}

int unproven_make(struct unproven *u, struct i2n_sink *sink, const char *stamp,
		  struct i2n_err *err)
{
	char line[LINE_LEN];
	struct i2n_op write = { .kind = I2N_OP_WRITE, .buf = line, .len = LINE_LEN,
				.dirent = I2N_NONE };
	int rc;

	if (u->there && !u->is_of_other)
		return I2N_OK;
	rc = u->there ? find(u, sink, &write.obj, err) : I2N_OK;
	if (rc == I2N_OK && !u->there)
		rc = create(u, sink, &write.obj, err);
	if (rc != I2N_OK)
		return rc;
	/* contents of several images are of none */
	make_line(line, u->is_of_other ? "" : stamp);
	rc = i2n_sink_do(sink, &write, u->stop, err);
	i2n_sink_release(sink, write.obj);
	/* a full server must not refuse a run that needs no room: without its line it says less */
	return rc == I2N_OK || i2n_sink_is_full(err) ? I2N_OK : cannot("write", err);
}

int unproven_remove(struct unproven *u, struct i2n_sink *sink, struct i2n_err *err)
{
	struct i2n_op op = named_op(I2N_OP_REMOVE);

	if (i2n_sink_do(sink, &op, u->stop, err))
		return cannot("remove", err);
	u->there = false;
	return I2N_OK;
}
