#include "checked.h"
#include "fastcommit_state.h"

#include <stdlib.h>
#include <string.h>

#define NODE_ENTRY 12u
#define ROOT_ENTRIES 4u

static void put16(unsigned char *p, uint32_t v)
{
	p[0] = (unsigned char)v;
	p[1] = (unsigned char)(v >> 8);
}

static void put32(unsigned char *p, uint32_t v)
{
	put16(p, v);
	put16(p + 2, v >> 16);
}

/* --- what is said about the blocks of the file --- */

struct work {
	struct fastcommit *f;
	struct ranges said;		/* by the medium (seq 0) and by the tags */
	struct ranges map;		/* what holds: ascending, disjoint, without holes */
	size_t *heap, n_heap, cap_heap;	/* indexes into said, the latest statement on top */
	struct i2n_err *err;
};

static int add_range(struct work *w, struct ranges *to, const struct range *r)
{
	int rc = fast_grow(w->f, &to->v, &to->cap, to->n, 1, sizeof(*to->v), w->err);

	if (rc == I2N_OK)
		to->v[to->n++] = *r;
	return rc;
}

static int on_extent(void *ctx, const struct extent *e)
{
	struct work *w = ctx;
	struct range r = { .lblk = e->lblk, .end = (uint64_t)e->lblk + e->len, .pblk = e->pblk,
			   .kind = e->unwritten ? RANGE_UNWRITTEN : RANGE_WRITTEN };

	return add_range(w, &w->said, &r);
}

static int compare_ranges(const void *a, const void *b)
{
	const struct range *x = a, *y = b;

	if (x->lblk != y->lblk)
		return x->lblk < y->lblk ? -1 : 1;
	return (x->seq > y->seq) - (x->seq < y->seq);
}

static int gather(struct work *w, const struct fast_inode *in)
{
	size_t i;
	int rc = I2N_OK;

	if (!in->fresh_map)
		rc = each_extent(w->f->fs.src, w->f->fs.block_size, in->raw + IN_BLOCK, on_extent,
				 w, w->err);
	for (i = 0; i < in->ranges.n && rc == I2N_OK; i++)
		rc = add_range(w, &w->said, &in->ranges.v[i]);
	if (rc == I2N_OK && w->said.n)
		qsort(w->said.v, w->said.n, sizeof(*w->said.v), compare_ranges);
	return rc;
}

/* --- which of it holds: the latest statement for each block, found in one sweep over the file ---
 */

static uint32_t seq_of(const struct work *w, size_t at)
{
	return w->said.v[w->heap[at]].seq;
}

static void swap_heap(struct work *w, size_t a, size_t b)
{
	size_t tmp = w->heap[a];

	w->heap[a] = w->heap[b];
	w->heap[b] = tmp;
}

static int push(struct work *w, size_t i)
{
	size_t at = w->n_heap;
	int rc = fast_grow(w->f, &w->heap, &w->cap_heap, at, 1, sizeof(*w->heap), w->err);

	if (rc != I2N_OK)
		return rc;
	w->heap[w->n_heap++] = i;
	for (; at && seq_of(w, at) > seq_of(w, (at - 1) / 2); at = (at - 1) / 2)
		swap_heap(w, at, (at - 1) / 2);
	return I2N_OK;
}

static void pop(struct work *w)
{
	size_t at = 0, child;

	w->heap[0] = w->heap[--w->n_heap];
	while ((child = 2 * at + 1) < w->n_heap) {
		if (child + 1 < w->n_heap && seq_of(w, child + 1) > seq_of(w, child))
			child++;
		if (seq_of(w, at) >= seq_of(w, child))
			return;
		swap_heap(w, at, child);
		at = child;
	}
}

/* Blocks [from, end) as r has them, joined with the extent before where that is possible. */
static int emit(struct work *w, const struct range *r, uint64_t from, uint64_t end)
{
	struct range *last = w->map.n ? &w->map.v[w->map.n - 1] : NULL;
	struct range part = {
		.lblk = from, .end = end, .pblk = r->pblk + (from - r->lblk), .kind = r->kind
	};
	uint64_t max = EXTENT_INIT_MAX - (r->kind == RANGE_UNWRITTEN);

	if (r->kind == RANGE_HOLE)
		return I2N_OK;
	if (last && last->end == from && last->kind == r->kind &&
	    last->pblk + (from - last->lblk) == part.pblk && end - last->lblk <= max) {
		last->end = end;
		return I2N_OK;
	}
	return add_range(w, &w->map, &part);
}

static int sweep(struct work *w)
{
	uint64_t at = 0, end;
	size_t i = 0;
	int rc = I2N_OK;

	while (rc == I2N_OK && (i < w->said.n || w->n_heap)) {
		const struct range *top;

		if (!w->n_heap)
			at = w->said.v[i].lblk > at ? w->said.v[i].lblk : at;
		for (; rc == I2N_OK && i < w->said.n && w->said.v[i].lblk <= at; i++)
			rc = push(w, i);
		while (w->n_heap && w->said.v[w->heap[0]].end <= at)
			pop(w);
		if (rc != I2N_OK || !w->n_heap)
			continue;
		top = &w->said.v[w->heap[0]];
		end = i < w->said.n && w->said.v[i].lblk < top->end ? w->said.v[i].lblk : top->end;
		rc = emit(w, top, at, end);
		at = end;
	}
	return rc;
}

/* --- the tree --- */

static void put_header(unsigned char *p, uint32_t entries, uint32_t max, uint32_t depth)
{
	memset(p, 0, NODE_ENTRY);
	put16(p, EXTENT_MAGIC);
	put16(p + 2, entries);
	put16(p + 4, max);
	put16(p + 6, depth);
}

void fast_extent_root(unsigned char *i_block)
{
	memset(i_block, 0, IN_BLOCK_LEN);
	put_header(i_block, 0, ROOT_ENTRIES, 0);
}

/* A leaf entry from an extent, or an index entry: there pblk is the node below. */
static void put_entry(unsigned char *p, const struct range *r, unsigned depth)
{
	uint32_t len = (uint32_t)(r->end - r->lblk);

	put32(p, (uint32_t)r->lblk);
	if (depth) {
		put32(p + 4, (uint32_t)r->pblk);
		put32(p + 8, (uint32_t)(r->pblk >> 32) & 0xffff);
		return;
	}
	put16(p + 4, r->kind == RANGE_UNWRITTEN ? len + EXTENT_INIT_MAX : len);
	put16(p + 6, (uint32_t)(r->pblk >> 32));
	put32(p + 8, (uint32_t)r->pblk);
}

/* One node of n entries in a spare block. It has room for no more than them, so that its checksum
 * follows at once and the rest of the block does not matter. */
static int put_node(struct work *w, const struct fast_inode *in, const struct range *v, uint32_t n,
		    unsigned depth, uint64_t *ret_blk)
{
	uint32_t len = NODE_ENTRY * (n + 1), i;
	unsigned char *node = malloc(len + 4);
	int rc = node ? fast_spare_block(w->f, ret_blk, w->err) : i2n_err_nomem(w->err);

	if (rc == I2N_OK) {
		put_header(node, n, n, depth);
		for (i = 0; i < n; i++)
			put_entry(node + NODE_ENTRY * (i + 1), &v[i], depth);
		put32(node + len,
		      w->f->has_csum ? log_csum(fast_inode_seed(w->f, in), node, len) : 0);
		rc = fast_patch_add(w->f, *ret_blk * w->f->fs.block_size, node, len + 4, w->err);
	}
	free(node);
	return rc;
}

/* Put the entries of one level into nodes; they become the entries of the next, in place. */
static int put_level(struct work *w, const struct fast_inode *in, unsigned depth)
{
	uint32_t room = (w->f->fs.block_size - NODE_ENTRY - 4) / NODE_ENTRY;
	struct range *v = w->map.v;
	size_t from, n, up = 0;
	int rc = I2N_OK;

	for (from = 0; from < w->map.n && rc == I2N_OK; from += n) {
		struct range entry = { .lblk = v[from].lblk };

		n = w->map.n - from < room ? w->map.n - from : room;
		rc = put_node(w, in, v + from, (uint32_t)n, depth, &entry.pblk);
		v[up++] = entry;
	}
	w->map.n = up;
	return rc;
}

static int put_tree(struct work *w, struct fast_inode *in)
{
	unsigned char *root = in->raw + IN_BLOCK;
	unsigned depth = 0;
	size_t i;
	int rc = I2N_OK;

	for (; w->map.n > ROOT_ENTRIES && rc == I2N_OK; depth++)
		rc = put_level(w, in, depth);
	if (rc != I2N_OK)
		return rc;
	fast_extent_root(root);
	put_header(root, (uint32_t)w->map.n, ROOT_ENTRIES, depth);
	for (i = 0; i < w->map.n; i++)
		put_entry(root + NODE_ENTRY * (i + 1), &w->map.v[i], depth);
	return I2N_OK;
}

int fast_map_finish(struct fastcommit *f, struct fast_inode *in, struct i2n_err *err)
{
	struct work w = { .f = f, .err = err };
	int rc = gather(&w, in);

	if (rc == I2N_OK)
		rc = sweep(&w);
	if (rc == I2N_OK)
		rc = put_tree(&w, in);
	free(w.said.v);
	free(w.map.v);
	free(w.heap);
	return rc;
}
