#include "edits.h"

#include <stdlib.h>
#include <string.h>

#define SYMLINKS_MAX 40		/* as the kernel's MAXSYMLINKS */

/* `at` is where it stands, `rest` what is left of the path. Of that, the last `own` bytes are of
 * the path that was asked for; what is before comes from symlinks. */
struct walk {
	struct i2n_edits *e;
	uint32_t at, name, dir;
	char *rest;
	size_t own;
	unsigned symlinks;
	const char *why;
	bool is_loop;
};

static uint32_t lookup(const struct i2n_edits *e, uint32_t dir, const char *name, size_t len)
{
	uint32_t end, d = I2N_NONE;

	for (uint32_t i = edit_added_in(e, dir, &end); i < end; i++)
		if (!edit_name_cmp(e->added[i].bytes, e->added[i].len, name, len))
			return e->tree->n_dirents + i;
	if (dir < e->tree->n_inodes)
		d = i2n_tree_lookup(e->tree, dir, name, len);
	return d == I2N_NONE || edit_is_gone(e, d) ? I2N_NONE : d;
}

static int stuck(struct walk *w, const char *why)
{
	w->why = why;
	return I2N_BADNODE;
}

/* Put a symlink's target before the rest of the path. */
static int go_through(struct walk *w, const struct i2n_inode *in, const char *after,
		      struct i2n_err *err)
{
	struct i2n_text target;
	size_t own = strlen(after);
	char *joined;
	int rc;

	w->is_loop = ++w->symlinks > SYMLINKS_MAX;
	if (w->is_loop)
		return stuck(w, "too many levels of symbolic links");
	rc = edit_content(w->e, in, &target, err);
	w->is_loop = rc == I2N_BADNODE;
	if (w->is_loop)
		return stuck(w, "a symlink on the way cannot be read");
	if (rc)
		return rc;
	joined = malloc(target.len + own + 2);
	if (joined) {
		memcpy(joined, target.bytes, target.len);
		joined[target.len] = '/';
		memcpy(joined + target.len + 1, after, own + 1);
	}
	if (target.len && target.bytes[0] == '/')
		w->at = w->e->tree->root;
	free(target.bytes);
	if (!joined)
		return i2n_err_nomem(err);
	w->own = own < w->own ? own : w->own;
	free(w->rest);
	w->rest = joined;
	return I2N_OK;
}

static uint32_t dir_above(const struct i2n_edits *e, uint32_t dir)
{
	if (dir == e->tree->root)
		return dir;
	if (dir < e->tree->n_inodes)
		return e->tree->dirents[e->tree->inodes[dir].first_dirent].parent;
	for (uint32_t i = 0; i < e->n_added; i++)
		if (e->added[i].inode == dir)
			return e->added[i].parent;
	return e->tree->root;
}

/* One component of n bytes at p. */
static int step(struct walk *w, const char *p, size_t n, bool follow, bool *ret_moved,
		struct i2n_err *err)
{
	const struct i2n_inode *in;
	const char *after = p + n;
	uint32_t name;

	if (i2n_inode_type(&w->e->inodes[w->at]) != I2N_S_IFDIR)
		return stuck(w, "a name on the way is no directory");
	if (n == 2 && !memcmp(p, "..", 2)) {
		w->at = dir_above(w->e, w->at);
		w->name = I2N_NONE;
		return I2N_OK;
	}
	w->dir = w->at;
	name = lookup(w->e, w->at, p, n);
	if (name == I2N_NONE)
		return strlen(p) > w->own ? stuck(w, "it is a symlink that leads nowhere") :
					    I2N_END;
	in = &w->e->inodes[edit_name_inode(w->e, name)];
	if (i2n_inode_type(in) == I2N_S_IFLNK && (follow || after[strspn(after, "/")])) {
		*ret_moved = true;
		return go_through(w, in, after, err);
	}
	w->at = edit_name_inode(w->e, name);
	w->name = name;
	return I2N_OK;
}

static int walk_path(struct walk *w, bool follow, char **ret_p, struct i2n_err *err)
{
	char *p = w->rest;
	int rc = I2N_OK;

	while (rc == I2N_OK && *(p += strspn(p, "/"))) {
		size_t n = strcspn(p, "/");
		bool moved = false;

		if (!(n == 1 && *p == '.'))
			rc = step(w, p, n, follow, &moved, err);
		if (rc == I2N_OK)
			p = moved ? w->rest : p + n;
	}
	*ret_p = p;
	return rc;
}

int edit_walk(struct i2n_edits *e, const char *path, bool follow, struct edit_at *ret,
	      struct i2n_err *err)
{
	struct walk w = { .e = e, .at = e->tree->root, .name = I2N_NONE, .dir = e->tree->root,
			  .own = strlen(path) };
	char *p;
	int rc;

	*ret = (struct edit_at){ .name = I2N_NONE, .inode = I2N_NONE };
	w.rest = malloc(w.own + 1);
	if (!w.rest)
		return i2n_err_nomem(err);
	memcpy(w.rest, path, w.own + 1);
	rc = walk_path(&w, follow, &p, err);
	ret->dir = w.dir;
	ret->why = w.why;
	ret->is_loop = w.is_loop;
	if (rc == I2N_OK) {
		ret->inode = w.at;
		ret->name = w.name;
	}
	if (rc == I2N_END) {
		memmove(w.rest, p, strlen(p) + 1);
		ret->rest = w.rest;
	} else {
		free(w.rest);
	}
	return rc;
}
