#include "edits.h"

#include "path_up.h"

#include <stdlib.h>
#include <string.h>

void *edit_grow(void *array, size_t n, size_t *cap, size_t size)
{
	size_t more = *cap ? 2 * *cap : 8;
	void *grown;

	if (n < *cap)
		return array;
	grown = realloc(array, more * size);
	if (grown)
		*cap = more;
	return grown;
}

int edit_name_cmp(const void *a, size_t a_len, const void *b, size_t b_len)
{
	int c = memcmp(a, b, a_len < b_len ? a_len : b_len);

	return c ? c : (a_len > b_len) - (a_len < b_len);
}

uint32_t edit_added_in(const struct i2n_edits *e, uint32_t dir, uint32_t *ret_end)
{
	uint32_t first = 0, end;

	while (first < e->n_added && e->added[first].parent < dir)
		first++;
	for (end = first; end < e->n_added && e->added[end].parent == dir; end++)
		;
	*ret_end = end;
	return first;
}

/* Where dirent is in e->gone, or belongs. */
static uint32_t gone_place(const struct i2n_edits *e, uint32_t dirent)
{
	uint32_t i = 0;

	while (i < e->n_gone && e->gone[i] < dirent)
		i++;
	return i;
}

bool edit_is_gone(const struct i2n_edits *e, uint32_t dirent)
{
	uint32_t i = gone_place(e, dirent);

	return i < e->n_gone && e->gone[i] == dirent;
}

const unsigned char *edit_name_bytes(const struct i2n_edits *e, uint32_t name, size_t *ret_len)
{
	uint32_t n = e->tree->n_dirents;

	if (name < n)
		return i2n_dirent_name(e->tree, &e->tree->dirents[name], ret_len);
	*ret_len = e->added[name - n].len;
	return e->added[name - n].bytes;
}

uint32_t edit_name_parent(const struct i2n_edits *e, uint32_t name)
{
	uint32_t n = e->tree->n_dirents;

	return name < n ? e->tree->dirents[name].parent : e->added[name - n].parent;
}

uint32_t edit_name_inode(const struct i2n_edits *e, uint32_t name)
{
	uint32_t n = e->tree->n_dirents;

	return name < n ? e->tree->dirents[name].inode : e->added[name - n].inode;
}

int edit_add_name(struct i2n_edits *e, uint32_t dir, const void *name, size_t len, uint32_t inode,
		  uint32_t *ret_name, struct i2n_err *err)
{
	size_t cap = e->cap_added;
	struct edit_name *grown = edit_grow(e->added, e->n_added, &cap, sizeof(*grown));
	uint32_t end, i;

	if (!grown)
		return i2n_err_nomem(err);
	e->added = grown;
	e->cap_added = (uint32_t)cap;
	i = edit_added_in(e, dir, &end);
	while (i < end && edit_name_cmp(e->added[i].bytes, e->added[i].len, name, len) < 0)
		i++;
	memmove(&e->added[i + 1], &e->added[i], (e->n_added - i) * sizeof(*e->added));
	e->added[i] = (struct edit_name){ .parent = dir, .inode = inode,
					  .len = (unsigned char)len };
	memcpy(e->added[i].bytes, name, len);
	e->n_added++;
	i2n_inode_add_link(&e->inodes[inode]);
	*ret_name = e->tree->n_dirents + i;
	return I2N_OK;
}

static int add_gone(struct i2n_edits *e, uint32_t dirent, struct i2n_err *err)
{
	size_t cap = e->cap_gone;
	uint32_t *grown = edit_grow(e->gone, e->n_gone, &cap, sizeof(*grown));
	uint32_t i;

	if (!grown)
		return i2n_err_nomem(err);
	e->gone = grown;
	e->cap_gone = (uint32_t)cap;
	i = gone_place(e, dirent);
	memmove(&e->gone[i + 1], &e->gone[i], (e->n_gone - i) * sizeof(*e->gone));
	e->gone[i] = dirent;
	e->n_gone++;
	return I2N_OK;
}

int edit_remove_name(struct i2n_edits *e, uint32_t name, struct i2n_err *err)
{
	struct i2n_inode *in = &e->inodes[edit_name_inode(e, name)];
	uint32_t n = e->tree->n_dirents, i = name - n;

	if (name < n) {
		if (add_gone(e, name, err))
			return I2N_FATAL;
	} else {
		e->n_added--;
		memmove(&e->added[i], &e->added[i + 1], (e->n_added - i) * sizeof(*e->added));
	}
	in->links -= in->links < I2N_LINKS_MAX;	/* there it stands for more */
	in->nlink -= in->nlink > 0;
	return I2N_OK;
}

void edit_dir_init(struct edit_dir *d, const struct i2n_edits *e, uint32_t dir)
{
	const struct i2n_tree *t = e->tree;

	*d = (struct edit_dir){ .e = e };
	if (dir < t->n_inodes && t->inodes[dir].dir.count) {
		d->at = t->inodes[dir].dir.first;
		d->end = d->at + t->inodes[dir].dir.count;
	}
	d->added = edit_added_in(e, dir, &d->added_end);
}

/* Whether the next name is one of those added. */
static bool takes_added(const struct edit_dir *d)
{
	const struct edit_name *added;
	const unsigned char *name;
	size_t len;

	if (d->added == d->added_end || d->at == d->end)
		return d->added < d->added_end;
	added = &d->e->added[d->added];
	name = edit_name_bytes(d->e, d->at, &len);
	return edit_name_cmp(added->bytes, added->len, name, len) < 0;
}

uint32_t edit_dir_next(struct edit_dir *d)
{
	while (d->at < d->end && edit_is_gone(d->e, d->at))
		d->at++;
	if (takes_added(d))
		return d->e->tree->n_dirents + d->added++;
	return d->at < d->end ? d->at++ : I2N_NONE;
}

/* The name of a directory that is not the root. */
static uint32_t name_of_dir(const struct i2n_edits *e, uint32_t dir)
{
	if (dir < e->tree->n_inodes)
		return e->tree->inodes[dir].first_dirent;
	for (uint32_t i = 0; i < e->n_added; i++)
		if (e->added[i].inode == dir)
			return e->tree->n_dirents + i;
	return I2N_NONE;
}

static const unsigned char *name_step(const void *edits, uint32_t *at, size_t *ret_len)
{
	const struct i2n_edits *e = edits;
	const unsigned char *bytes = edit_name_bytes(e, *at, ret_len);
	uint32_t dir = edit_name_parent(e, *at);

	*at = dir == e->tree->root ? I2N_NONE : name_of_dir(e, dir);
	return bytes;
}

char *edit_path(const struct i2n_edits *e, uint32_t name, size_t *ret_len)
{
	return path_up(e, name, name_step, ret_len);
}
