#include "edits.h"

#include <stdlib.h>
#include <string.h>

/* An open file: of the reader below, or a text. */
struct i2n_file {
	struct i2n_file *inner;
	const struct i2n_reader_ops *ops;	/* of inner */
	const struct i2n_text *text;
	uint64_t pos;
};

static struct edit_reader *reader_of(struct i2n_reader *r)
{
	return (struct edit_reader *)r;
}

/* The text behind an inode, or NULL: the reader below has it. */
static const struct i2n_text *text_of(const struct edit_reader *r, const struct i2n_inode *in)
{
	unsigned type = i2n_inode_type(in);

	if (!(in->flags & I2N_INODE_MEMORY) || in->data < r->first ||
	    (type != I2N_S_IFREG && type != I2N_S_IFLNK))
		return NULL;
	return &r->texts[in->data - r->first];
}

static int edited_open(struct i2n_reader *base, const struct i2n_inode *in, struct i2n_file **ret,
		       struct i2n_err *err)
{
	struct edit_reader *r = reader_of(base);
	struct i2n_file *f = calloc(1, sizeof(*f));
	int rc = I2N_OK;

	if (!f)
		return i2n_err_nomem(err);
	f->text = text_of(r, in);
	if (!f->text) {
		f->ops = r->below->ops;
		rc = f->ops->open(r->below, in, &f->inner, err);
	}
	if (rc == I2N_OK)
		*ret = f;
	else
		free(f);
	return rc;
}

static int edited_next(struct i2n_file *f, uint64_t max, struct i2n_range *ret,
		       struct i2n_err *err)
{
	uint64_t left;

	if (f->inner)
		return f->ops->next(f->inner, max, ret, err);
	left = f->text->len - f->pos;
	if (!left)
		return I2N_END;
	*ret = (struct i2n_range){ f->pos, left < max ? left : max, 0 };
	f->pos += ret->len;
	return I2N_OK;
}

static int edited_read(struct i2n_file *f, void *buf, size_t len, uint64_t off,
		       struct i2n_err *err)
{
	if (f->inner)
		return f->ops->read(f->inner, buf, len, off, err);
	memcpy(buf, f->text->bytes + off, len);
	return I2N_OK;
}

static int edited_rewind(struct i2n_file *f, struct i2n_err *err)
{
	if (f->inner)
		return f->ops->rewind(f->inner, err);
	f->pos = 0;
	return I2N_OK;
}

static void edited_close(struct i2n_file *f)
{
	if (!f)
		return;
	if (f->inner)
		f->ops->close(f->inner);
	free(f);
}

static int edited_readlink(struct i2n_reader *base, const struct i2n_inode *in, void *buf,
			   size_t cap, struct i2n_err *err)
{
	struct edit_reader *r = reader_of(base);
	const struct i2n_text *text = text_of(r, in);

	if (!text)
		return r->below->ops->readlink(r->below, in, buf, cap, err);
	memcpy(buf, text->bytes, text->len);
	return I2N_OK;
}

static int edited_acl(struct i2n_reader *base, const struct i2n_inode *in, struct i2n_acl *ret,
		      struct i2n_err *err)
{
	struct edit_reader *r = reader_of(base);

	return r->below->ops->acl(r->below, in, ret, err);
}

struct xattr_to {
	i2n_xattr_fn *fn;
	void *ctx;
};

/* Writing to a file takes its capabilities away, as the kernel does it. */
static void pass_xattr(void *ctx, const char *name, const void *value, size_t len)
{
	const struct xattr_to *to = ctx;

	if (strcmp(name, "security.capability"))
		to->fn(to->ctx, name, value, len);
}

static int edited_xattrs(struct i2n_reader *base, const struct i2n_inode *in, i2n_xattr_fn *fn,
			 void *ctx, struct i2n_err *err)
{
	struct edit_reader *r = reader_of(base);
	struct xattr_to to = { fn, ctx };

	if (!text_of(r, in))
		return r->below->ops->xattrs(r->below, in, fn, ctx, err);
	if (!(in->flags & (I2N_INODE_XATTR | I2N_INODE_ACL)))
		return I2N_OK;		/* what was made is not in the image */
	return r->below->ops->xattrs(r->below, in, pass_xattr, &to, err);
}

static uint64_t edited_where(const struct i2n_reader *base, const struct i2n_inode *in)
{
	const struct edit_reader *r = (const struct edit_reader *)base;

	return text_of(r, in) ? 0 : r->below->ops->where(r->below, in);
}

static void edited_willneed(struct i2n_reader *base, const struct i2n_inode *in)
{
	struct edit_reader *r = reader_of(base);

	if (!text_of(r, in))
		r->below->ops->willneed(r->below, in);
}

static const struct i2n_reader_ops edited_ops = {
	.open = edited_open,
	.next = edited_next,
	.read = edited_read,
	.rewind = edited_rewind,
	.close = edited_close,
	.readlink = edited_readlink,
	.acl = edited_acl,
	.xattrs = edited_xattrs,
	.where = edited_where,
	.willneed = edited_willneed,
};

void edit_reader_init(struct edit_reader *r, const struct i2n_tree *tree, struct i2n_reader *below)
{
	*r = (struct edit_reader){ .base = { .ops = &edited_ops, .ahead = below->ahead,
					     .by_block = below->by_block,
					     .behind = below->behind },
				   .below = below };
	for (uint32_t i = 0; i < tree->n_inodes; i++) {
		const struct i2n_inode *in = &tree->inodes[i];

		if (in->flags & I2N_INODE_MEMORY && in->data >= r->first)
			r->first = in->data + 1;
	}
}

void edit_reader_release(struct edit_reader *r)
{
	for (size_t i = 0; i < r->n_texts; i++)
		free(r->texts[i].bytes);
	free(r->texts);
}

int edit_reader_add(struct edit_reader *r, const void *bytes, size_t len, uint64_t *ret,
		    struct i2n_err *err)
{
	struct i2n_text *grown = edit_grow(r->texts, r->n_texts, &r->cap_texts, sizeof(*grown));
	char *copy = malloc(len + 1);

	if (grown)
		r->texts = grown;
	if (!grown || !copy) {
		free(copy);
		return i2n_err_nomem(err);
	}
	memcpy(copy, bytes, len);
	copy[len] = '\0';
	r->texts[r->n_texts] = (struct i2n_text){ copy, len };
	*ret = r->first + r->n_texts++;
	return I2N_OK;
}

static int read_ranges(struct i2n_reader *r, struct i2n_file *f, char *buf, struct i2n_err *err)
{
	struct i2n_range range;
	int rc;

	while ((rc = r->ops->next(f, I2N_EDIT_MAX, &range, err)) == I2N_OK) {
		rc = r->ops->read(f, buf + range.off, (size_t)range.len, range.off, err);
		if (rc)
			return rc;
	}
	return rc == I2N_END ? I2N_OK : rc;
}

static int read_file(struct i2n_reader *r, const struct i2n_inode *in, char *buf,
		     struct i2n_err *err)
{
	struct i2n_file *f;
	int rc = r->ops->open(r, in, &f, err);

	if (rc)
		return rc;
	rc = read_ranges(r, f, buf, err);
	r->ops->close(f);
	return rc;
}

int edit_content(struct i2n_edits *e, const struct i2n_inode *in, struct i2n_text *ret,
		 struct i2n_err *err)
{
	struct i2n_reader *r = &e->reader.base;
	bool link = i2n_inode_type(in) == I2N_S_IFLNK;
	size_t len = (size_t)in->size;
	char *buf;
	int rc;

	if (in->size > I2N_EDIT_MAX)
		return i2n_fail(err, I2N_BADNODE, I2N_DOM_IMAGE, 0,
				"it has %llu bytes, more than an edit takes",
				(unsigned long long)in->size);
	buf = calloc(1, len + 1);	/* holes */
	if (!buf)
		return i2n_err_nomem(err);
	rc = link ? r->ops->readlink(r, in, buf, len, err) : read_file(r, in, buf, err);
	if (rc)
		free(buf);
	else
		*ret = (struct i2n_text){ buf, len };
	return rc;
}
