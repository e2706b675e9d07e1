#include "img2nfs/stage.h"

#include <stdlib.h>

struct relay {
	struct i2n_reader base;
	struct i2n_reader_ops ops;	/* those of an open file are the ones of behind */
	struct i2n_reader *behind;
};

static struct i2n_reader *behind(const struct i2n_reader *base)
{
	return ((const struct relay *)base)->behind;
}

static int relay_open(struct i2n_reader *base, const struct i2n_inode *in, struct i2n_file **ret,
		      struct i2n_err *err)
{
	return behind(base)->ops->open(behind(base), in, ret, err);
}

static int relay_readlink(struct i2n_reader *base, const struct i2n_inode *in, void *buf,
			  size_t cap, struct i2n_err *err)
{
	return behind(base)->ops->readlink(behind(base), in, buf, cap, err);
}

static uint64_t relay_where(const struct i2n_reader *base, const struct i2n_inode *in)
{
	return behind(base)->ops->where(behind(base), in);
}

static int relay_acl(struct i2n_reader *base, const struct i2n_inode *in, struct i2n_acl *ret,
		     struct i2n_err *err)
{
	return behind(base)->ops->acl(behind(base), in, ret, err);
}

static int relay_xattrs(struct i2n_reader *base, const struct i2n_inode *in, i2n_xattr_fn *fn,
			void *ctx, struct i2n_err *err)
{
	return behind(base)->ops->xattrs(behind(base), in, fn, ctx, err);
}

static void relay_willneed(struct i2n_reader *base, const struct i2n_inode *in)
{
	behind(base)->ops->willneed(behind(base), in);
}

void i2n_relay_set(struct i2n_reader *base, struct i2n_reader *to)
{
	struct relay *r = (struct relay *)base;

	r->ops = *to->ops;
	r->ops.open = relay_open;
	r->ops.readlink = relay_readlink;
	r->ops.where = relay_where;
	r->ops.willneed = relay_willneed;
	r->ops.acl = to->ops->acl ? relay_acl : NULL;
	r->ops.xattrs = to->ops->xattrs ? relay_xattrs : NULL;
	r->base.ops = &r->ops;
	r->base.ahead = to->ahead;
	r->behind = to;
}

int i2n_relay_new(struct i2n_reader *to, struct i2n_reader **ret, struct i2n_err *err)
{
	struct relay *r = calloc(1, sizeof(*r));

	if (!r)
		return i2n_err_nomem(err);
	i2n_relay_set(&r->base, to);
	*ret = &r->base;
	return I2N_OK;
}

void i2n_relay_free(struct i2n_reader *relay)
{
	free((struct relay *)relay);
}
