#include "disk_order.h"

#include <stdlib.h>

/* Sorting all keys at once would take three times the memory of the result. So the medium is cut
 * into equal parts, files are dealt out to these (in place in the result, as the parts' sizes are
 * counted first), and keys are made for one part at a time. */

#define PARTS_MAX 65536u
#define PER_PART 8u		/* files that make a part worth its counter */

struct key {
	uint64_t where;
	uint32_t dirent;
};

struct parts {
	uint64_t low, width;	/* bytes; part 0 is for what lies nowhere */
	uint32_t n;
	uint32_t *end;		/* of each part: where in the result it ends, so far */
};

static int by_where(const void *a, const void *b)
{
	const struct key *x = a, *y = b;

	if (x->where != y->where)
		return x->where < y->where ? -1 : 1;
	return x->dirent < y->dirent ? -1 : x->dirent > y->dirent;
}

/* Its inode, when dirent d is to be in the order. */
static const struct i2n_inode *file_at(const struct i2n_tree *t, uint32_t d)
{
	const struct i2n_inode *in = &t->inodes[t->dirents[d].inode];

	return in->first_dirent == d && i2n_inode_type(in) != I2N_S_IFDIR ? in : NULL;
}

static uint32_t part_of(const struct parts *p, uint64_t where)
{
	return where ? 1 + (uint32_t)((where - p->low) / p->width) : 0;
}

static void measure(const struct i2n_tree *t, struct i2n_reader *reader, struct parts *p)
{
	uint64_t high = 0, files = 0;

	p->low = UINT64_MAX;
	for (uint32_t i = 0; i < t->n_inodes; i++) {
		uint64_t where = reader->ops->where(reader, &t->inodes[i]);

		if (!where || i2n_inode_type(&t->inodes[i]) == I2N_S_IFDIR)
			continue;
		files++;
		p->low = where < p->low ? where : p->low;
		high = where > high ? where : high;
	}
	p->n = (uint32_t)(files / PER_PART < PARTS_MAX ? files / PER_PART + 1 : PARTS_MAX);
	p->width = files ? (high - p->low) / p->n + 1 : 1;
	p->n++;
}

/* Number of files in each part, then where it starts. Returns the largest number. */
static uint32_t count(const struct i2n_tree *t, struct i2n_reader *reader, struct parts *p)
{
	uint32_t at = 0, largest = 0;

	for (uint32_t i = 0; i < t->n_inodes; i++)
		if (i != t->root && i2n_inode_type(&t->inodes[i]) != I2N_S_IFDIR)
			p->end[part_of(p, reader->ops->where(reader, &t->inodes[i]))]++;
	for (uint32_t i = 0; i < p->n; i++) {
		uint32_t files = p->end[i];

		if (i && files > largest)	/* part 0 needs no sorting */
			largest = files;
		p->end[i] = at;
		at += files;
	}
	return largest;
}

static void deal(struct i2n_plan *plan, struct i2n_reader *reader, struct parts *p)
{
	const struct i2n_tree *t = plan->tree;

	for (uint32_t d = 0; d < t->n_dirents; d++) {
		const struct i2n_inode *in = file_at(t, d);

		if (!in)
			continue;
		plan->order[p->end[part_of(p, reader->ops->where(reader, in))]++] = d;
		plan->n_order++;
	}
}

static void sort_part(struct i2n_plan *plan, struct i2n_reader *reader, uint32_t from, uint32_t to,
		      struct key *keys)
{
	const struct i2n_tree *t = plan->tree;
	uint32_t n = to - from;
	bool sorted = true;

	for (uint32_t i = 0; i < n; i++) {
		uint32_t d = plan->order[from + i];

		keys[i] = (struct key){ reader->ops->where(reader, file_at(t, d)), d };
		sorted &= !i || keys[i - 1].where <= keys[i].where;
	}
	if (sorted)
		return;
	qsort(keys, n, sizeof(*keys), by_where);
	for (uint32_t i = 0; i < n; i++)
		plan->order[from + i] = keys[i].dirent;
}

bool disk_order(struct i2n_plan *plan, struct i2n_reader *reader)
{
	struct parts p;
	struct key *keys;
	uint32_t largest;

	measure(plan->tree, reader, &p);
	p.end = calloc(p.n, sizeof(*p.end));
	if (!p.end)
		return false;
	largest = count(plan->tree, reader, &p);
	keys = malloc(((size_t)largest + 1) * sizeof(*keys));
	if (keys) {
		deal(plan, reader, &p);
		for (uint32_t i = 1; i < p.n; i++)
			sort_part(plan, reader, p.end[i - 1], p.end[i], keys);
	}
	free(p.end);
	free(keys);
	return keys;
}
