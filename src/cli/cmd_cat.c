/* cmd_cat.c - `img2nfs cat IMAGE:PATH`: the content of a file to standard output. */
#include "img2nfs/name.h"

#include "cmd.h"
#include "look.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define BUF_SIZE (1u << 20)

struct cat_opts {
	struct image_opts image;
	bool verbose;
};

static const struct opt rows[] = {
	IMAGE_ROWS(struct cat_opts, image),
	LOOK_ROWS(struct cat_opts, verbose),
	{ 0 },
};

static int put(const void *buf, size_t len, struct i2n_err *err)
{
	if (fwrite(buf, 1, len, stdout) == len)
		return I2N_OK;
	return i2n_fail(err, I2N_FATAL, I2N_DOM_SYS, errno, "cannot write to standard output: %s",
			strerror(errno));
}

static int put_hole(uint64_t len, struct i2n_err *err)
{
	static const char zeros[65536];

	for (; len; len -= len < sizeof(zeros) ? len : sizeof(zeros))
		if (put(zeros, (size_t)(len < sizeof(zeros) ? len : sizeof(zeros)), err))
			return I2N_FATAL;
	return I2N_OK;
}

static int put_data(struct i2n_reader *r, struct i2n_file *file, uint64_t size, char *buf,
		    struct i2n_err *err)
{
	struct i2n_range range;
	uint64_t at = 0;
	int rc;

	while (!(rc = r->ops->next(file, BUF_SIZE, &range, err))) {
		if (put_hole(range.off - at, err))
			return I2N_FATAL;
		rc = r->ops->read(file, buf, (size_t)range.len, range.off, err);
		if (!rc)
			rc = put(buf, (size_t)range.len, err);
		if (rc)
			return rc;
		at = range.off + range.len;
	}
	return rc == I2N_END ? put_hole(size - at, err) : rc;
}

static int put_file(struct look *look, struct i2n_err *err)
{
	const struct i2n_inode *in = &look->tree->inodes[look->inode];
	struct i2n_reader *r = look->image.reader;
	struct i2n_file *file;
	char q[256], *buf;
	int rc;

	if (i2n_inode_type(in) != I2N_S_IFREG)
		return i2n_fail(err, I2N_FATAL, I2N_DOM_IMAGE, 0, "cannot print %s: it is a %s",
				i2n_quote(q, sizeof(q), look->path,
					  look->path_len), look_type_word(in));
	rc = r->ops->open(r, in, &file, err);
	if (rc)
		return rc;
	buf = malloc(BUF_SIZE);
	rc = buf ? put_data(r, file, in->size, buf, err) : i2n_err_nomem(err);
	free(buf);
	r->ops->close(file);
	return rc;
}

static int exec_cat(const void *values, unsigned n_args, char **args)
{
	const struct cat_opts *o = values;
	struct report report = { .verbose = o->verbose };
	struct i2n_notes notes = { report_note, &report };
	struct i2n_err err;
	struct look look;
	int rc;

	(void)n_args;
	rc = look_open(&o->image, args[0], true, &notes, &look, &err);
	if (!rc)
		rc = put_file(&look, &err);
	return look_end(&look, &report, rc, &err);
}

const struct i2n_cmd cmd_cat = {
	.name = "cat",
	.args = "IMAGE:PATH",
	.line = "print the content of a file of an image",
	.min_args = 1,
	.max_args = 1,
	.opts = rows,
	.opts_size = sizeof(struct cat_opts),
	.exec = exec_cat,
};
