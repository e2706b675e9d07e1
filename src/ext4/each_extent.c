#include "each_extent.h"

#include "checked.h"

#include <string.h>

#define MAX_DEPTH 5		/* 4 bytes of block number need no more, ifork.rst */

/* One node: the root in the inode or a block. Entries are read one by one, since these trees are
 * small. */
struct node {
	uint64_t pos;		/* byte position of the header, unless it is the root */
	uint16_t entries, next;
};

struct tree {
	struct i2n_source *src;
	uint32_t block_size;
	const unsigned char *root;
	struct node path[MAX_DEPTH + 1];
	unsigned depth;			/* of the root */
	uint64_t end;			/* file blocks below this one have been seen */
};

static int bad(struct i2n_err *err, const char *what)
{
	return i2n_fail(err, I2N_BADNODE, I2N_DOM_IMAGE, 0, "cannot walk the extent tree: %s",
			what);
}

static int node_bytes(struct tree *t, unsigned level, uint32_t off, unsigned char *buf,
		      struct i2n_err *err)
{
	if (!level) {
		memcpy(buf, t->root + off, 12);
		return I2N_OK;
	}
	return i2n_source_pread(t->src, buf, 12, t->path[level].pos + off, err);
}

static int enter_node(struct tree *t, unsigned level, struct i2n_err *err)
{
	uint32_t room = (level ? t->block_size : 60) / 12 - 1;
	unsigned char h[12];
	int rc = node_bytes(t, level, 0, h, err);

	if (rc != I2N_OK)
		return rc;
	if (!level)
		t->depth = i2n_le16(h + 6);
	if (i2n_le16(h) != EXTENT_MAGIC || i2n_le16(h + 2) > room || t->depth > MAX_DEPTH ||
	    i2n_le16(h + 6) != t->depth - level || (level && !i2n_le16(h + 2)))
		return bad(err, "a node of it is damaged");
	t->path[level].entries = i2n_le16(h + 2);
	t->path[level].next = 0;
	return I2N_OK;
}

static int tell_extent(struct tree *t, const unsigned char *raw, extent_fn *fn, void *ctx,
		       struct i2n_err *err)
{
	struct extent e = {
		.lblk = i2n_le32(raw),
		.len = i2n_le16(raw + 4),
		.pblk = i2n_le32(raw + 8) | (uint64_t)i2n_le16(raw + 6) << 32,
	};

	e.unwritten = e.len > EXTENT_INIT_MAX;
	if (e.unwritten)
		e.len -= EXTENT_INIT_MAX;
	if (!e.len || e.lblk < t->end)
		return bad(err, "its extents are not in order");
	t->end = (uint64_t)e.lblk + e.len;
	return fn(ctx, &e);
}

/* Depth first without recursion. */
int each_extent(struct i2n_source *src, uint32_t block_size, const unsigned char *i_block,
		extent_fn *fn, void *ctx, struct i2n_err *err)
{
	struct tree t = { .src = src, .block_size = block_size, .root = i_block };
	unsigned level = 0;
	int rc = enter_node(&t, 0, err);

	while (rc == I2N_OK) {
		struct node *node = &t.path[level];
		unsigned char e[12];

		if (node->next == node->entries) {
			if (!level)
				return I2N_OK;
			level--;
			continue;
		}
		rc = node_bytes(&t, level, 12u + 12u * node->next++, e, err);
		if (rc != I2N_OK)
			break;
		if (level == t.depth) {
			rc = tell_extent(&t, e, fn, ctx, err);
			continue;
		}
		level++;
		if (!i2n_mul(i2n_le32(e + 4) | (uint64_t)i2n_le16(e + 8) << 32, block_size,
			     &t.path[level].pos) ||
		    !i2n_range_ok(t.path[level].pos, block_size, src->size))
			return bad(err, "it leaves the image");
		rc = enter_node(&t, level, err);
	}
	return rc;
}
