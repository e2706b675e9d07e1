#include "map_own.h"

#include <stdlib.h>
#include <string.h>

struct map_reader {
	struct i2n_reader base;
	struct i2n_reader_ops ops;	/* those of an open file are the ones of below */
	struct i2n_reader *below;
	const struct i2n_map *map;
};

static struct i2n_reader *below(const struct i2n_reader *base)
{
	return ((const struct map_reader *)base)->below;
}

static int mapped_open(struct i2n_reader *base, const struct i2n_inode *in, struct i2n_file **ret,
		       struct i2n_err *err)
{
	return below(base)->ops->open(below(base), in, ret, err);
}

static int mapped_readlink(struct i2n_reader *base, const struct i2n_inode *in, void *buf,
			   size_t cap, struct i2n_err *err)
{
	return below(base)->ops->readlink(below(base), in, buf, cap, err);
}

static uint64_t mapped_where(const struct i2n_reader *base, const struct i2n_inode *in)
{
	return below(base)->ops->where(below(base), in);
}

static void mapped_willneed(struct i2n_reader *base, const struct i2n_inode *in)
{
	below(base)->ops->willneed(below(base), in);
}

/* --- attributes; i2n_map_tree() has seen that all ids are in a range --- */

static bool map_list(const struct i2n_map *map, struct i2n_acl_list *list)
{
	struct i2n_acl_list mapped;

	for (unsigned i = 0; i < list->n; i++) {
		struct i2n_ace *e = &list->aces[i];

		if (e->tag == I2N_ACL_USER)
			(void)map_id(&map->users, &e->id);
		else if (e->tag == I2N_ACL_GROUP)
			(void)map_id(&map->groups, &e->id);
	}
	/* ranges may have changed the order */
	if (!i2n_acl_take(list->aces, list->n, &mapped))
		return false;
	free(list->aces);
	*list = mapped;
	return true;
}

static int mapped_acl(struct i2n_reader *base, const struct i2n_inode *in, struct i2n_acl *ret,
		      struct i2n_err *err)
{
	const struct map_reader *r = (const struct map_reader *)base;
	int rc = r->below->ops->acl(r->below, in, ret, err);

	if (rc != I2N_OK)
		return rc;
	if (map_list(r->map, &ret->access) && map_list(r->map, &ret->dflt))
		return I2N_OK;
	i2n_acl_release(ret);
	return i2n_err_nomem(err);
}

struct pass {
	const struct i2n_map *map;
	i2n_xattr_fn *fn;
	void *ctx;
	bool failed;
};

static void pass_mapped(void *ctx, const char *name, const void *value, size_t len)
{
	struct pass *p = ctx;
	unsigned char *copy = malloc(len + MAP_LONGER);
	uint32_t id;

	p->failed |= !copy;
	if (!copy)
		return;
	if (len)
		memcpy(copy, value, len);
	if (map_value(p->map, name, copy, len, &len, &id))
		p->fn(p->ctx, name, len ? copy : NULL, len);
	free(copy);
}

static int mapped_xattrs(struct i2n_reader *base, const struct i2n_inode *in, i2n_xattr_fn *fn,
			 void *ctx, struct i2n_err *err)
{
	const struct map_reader *r = (const struct map_reader *)base;
	struct pass p = { .map = r->map, .fn = fn, .ctx = ctx };
	int rc = r->below->ops->xattrs(r->below, in, pass_mapped, &p, err);

	return p.failed ? i2n_err_nomem(err) : rc;
}

int i2n_map_reader(struct i2n_reader *from, const struct i2n_map *map, struct i2n_reader **ret,
		   struct i2n_err *err)
{
	struct map_reader *r = calloc(1, sizeof(*r));

	if (!r)
		return i2n_err_nomem(err);
	r->ops = *from->ops;
	r->ops.open = mapped_open;
	r->ops.readlink = mapped_readlink;
	r->ops.where = mapped_where;
	r->ops.willneed = mapped_willneed;
	r->ops.acl = from->ops->acl ? mapped_acl : NULL;
	r->ops.xattrs = from->ops->xattrs ? mapped_xattrs : NULL;
	r->base.ops = &r->ops;
	r->base.ahead = from->ahead;
	r->base.by_block = from->by_block;
	r->base.behind = from->behind;
	r->below = from;
	r->map = map;
	*ret = &r->base;
	return I2N_OK;
}

void i2n_map_reader_free(struct i2n_reader *reader)
{
	free((struct map_reader *)reader);
}
