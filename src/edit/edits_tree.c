#include "edits.h"

#include <stdlib.h>
#include <string.h>

/* The tree as it becomes. drop: inodes of the set that have no name any more, ascending. */
struct out {
	const struct i2n_edits *e;
	struct i2n_tree *t;
	uint32_t *drop, n_drop;
};

static uint32_t count_nameless(const struct i2n_edits *e, uint32_t *ret_list)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < e->n_inodes; i++) {
		if (e->inodes[i].links || i == e->tree->root)
			continue;
		if (ret_list)
			ret_list[n] = i;
		n++;
	}
	return n;
}

/* Where an inode of the set that is kept comes to be. */
static uint32_t place(const struct out *o, uint32_t inode)
{
	uint32_t lo = 0, hi = o->n_drop;

	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (o->drop[mid] < inode)
			lo = mid + 1;
		else
			hi = mid;
	}
	return inode - lo;
}

static void put_inodes(struct out *o)
{
	const struct i2n_edits *e = o->e;
	struct i2n_tree *t = o->t;

	for (uint32_t i = 0, k = 0; i < e->n_inodes; i++) {
		struct i2n_inode *in = &t->inodes[t->n_inodes];

		if (k < o->n_drop && o->drop[k] == i) {
			k++;
			continue;
		}
		*in = e->inodes[i];
		in->first_dirent = I2N_NONE;
		if (i2n_inode_type(in) == I2N_S_IFDIR)
			in->dir.first = in->dir.count = 0;
		t->n_inodes++;
	}
	t->root = place(o, e->tree->root);
}

/* The name that owned the data does so still; where it is gone, the first one. */
static bool owned(const struct i2n_edits *e, uint32_t name, uint32_t inode)
{
	return inode < e->tree->n_inodes && e->tree->inodes[inode].first_dirent == name;
}

static void put_name(struct out *o, uint32_t name)
{
	const struct i2n_edits *e = o->e;
	struct i2n_tree *t = o->t;
	uint32_t inode = edit_name_inode(e, name), d = t->n_dirents++;
	struct i2n_inode *in = &t->inodes[place(o, inode)];
	struct i2n_dirent *de = &t->dirents[d];
	const struct edit_name *added;

	de->parent = place(o, edit_name_parent(e, name));
	de->inode = place(o, inode);
	if (in->first_dirent == I2N_NONE || owned(e, name, inode))
		in->first_dirent = d;
	if (name < e->tree->n_dirents) {
		de->name = e->tree->dirents[name].name;
		return;
	}
	added = &e->added[name - e->tree->n_dirents];
	de->name = t->names_len;
	t->names[t->names_len++] = added->len;
	memcpy(t->names + t->names_len, added->bytes, added->len);
	t->names_len += added->len;
}

static void put_dir(struct out *o, uint32_t dir)
{
	struct i2n_inode *in = &o->t->inodes[place(o, dir)];
	struct edit_dir names;
	uint32_t name;

	in->dir.first = o->t->n_dirents;
	edit_dir_init(&names, o->e, dir);
	while ((name = edit_dir_next(&names)) != I2N_NONE)
		put_name(o, name);
	in->dir.count = o->t->n_dirents - in->dir.first;
}

/* Directories come in the order of the tree; then those that had nothing in them. */
static void put_dirs(struct out *o)
{
	const struct i2n_edits *e = o->e;
	const struct i2n_tree *t = e->tree;

	for (uint32_t d = 0; d < t->n_dirents;) {
		const struct i2n_inode *dir = &t->inodes[t->dirents[d].parent];

		put_dir(o, t->dirents[d].parent);
		d = dir->dir.first + dir->dir.count;
	}
	for (uint32_t i = 0; i < e->n_added; i++) {
		uint32_t dir = e->added[i].parent;

		if (i && e->added[i - 1].parent == dir)
			continue;
		if (dir >= t->n_inodes || !t->inodes[dir].dir.count)
			put_dir(o, dir);
	}
}

/* Room for all that may come; false: it does not fit, in memory or into the numbers. */
static bool make_room(struct out *o)
{
	const struct i2n_edits *e = o->e;
	const struct i2n_tree *t = e->tree;
	uint64_t names = (uint64_t)t->names_len + (uint64_t)e->n_added * (1 + I2N_NAME_MAX);
	uint64_t dirents = (uint64_t)t->n_dirents + e->n_added;

	o->t = calloc(1, sizeof(*o->t));
	if (!o->t || names > UINT32_MAX || dirents >= I2N_NONE)
		return false;
	o->n_drop = count_nameless(e, NULL);
	o->drop = malloc(((size_t)o->n_drop + 1) * sizeof(*o->drop));
	o->t->inodes = malloc((size_t)e->n_inodes * sizeof(*o->t->inodes));
	o->t->dirents = malloc(((size_t)dirents + 1) * sizeof(*o->t->dirents));
	o->t->names = malloc((size_t)names + 1);
	return o->drop && o->t->inodes && o->t->dirents && o->t->names;
}

int i2n_edits_finish(struct i2n_edits *e, struct i2n_tree **ret, struct i2n_err *err)
{
	struct out o = { .e = e };

	if (!make_room(&o)) {
		i2n_tree_free(o.t);
		free(o.drop);
		return i2n_err_nomem(err);
	}
	(void)count_nameless(e, o.drop);
	memcpy(o.t->names, e->tree->names, e->tree->names_len);
	o.t->names_len = e->tree->names_len;
	put_inodes(&o);
	put_dirs(&o);
	free(o.drop);
	*ret = o.t;
	return I2N_OK;
}
