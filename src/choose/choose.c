#include "img2nfs/choose.h"
#include "img2nfs/name.h"

#include "keep.h"

#include <stdlib.h>
#include <string.h>

/* Where the walk is: a name, and its path without the name itself. */
struct walk {
	const struct i2n_tree *t;
	uint32_t start;		/* inode above all of it */
	char *path;		/* grows */
	size_t len, cap;	/* of the directory that is looked at, "" or "etc/" */
};

static bool is_dir(const struct i2n_tree *t, uint32_t inode)
{
	return i2n_inode_type(&t->inodes[inode]) == I2N_S_IFDIR;
}

/* The path of dirent d, in a directory whose path is there. false: no memory. */
static bool put_name(struct walk *w, uint32_t d, size_t *ret_len)
{
	size_t n;
	const unsigned char *name = i2n_dirent_name(w->t, &w->t->dirents[d], &n);

	if (w->len + n + 1 > w->cap) {
		size_t cap = 2 * (w->len + n + 1);
		char *more = realloc(w->path, cap);

		if (!more)
			return false;
		w->path = more;
		w->cap = cap;
	}
	memcpy(w->path + w->len, name, n);
	*ret_len = w->len + n;
	return true;
}

/* The next name after d that is not below it: in its directory, or in one above. */
static uint32_t leave(struct walk *w, uint32_t d)
{
	const struct i2n_tree *t = w->t;

	for (;;) {
		const struct i2n_inode *dir = &t->inodes[t->dirents[d].parent];

		if (d + 1 < dir->dir.first + dir->dir.count)
			return d + 1;
		if (t->dirents[d].parent == w->start)
			return I2N_NONE;
		d = dir->first_dirent;
		w->len -= (size_t)t->names[t->dirents[d].name] + 1;
	}
}

/* What is kept of all below w->start; rules may be NULL. */
static int mark(struct walk *w, const struct i2n_rules *rules, unsigned char *kept,
		struct i2n_err *err)
{
	const struct i2n_tree *t = w->t;
	const struct i2n_inode *start = &t->inodes[w->start];
	uint32_t d = start->dir.count ? start->dir.first : I2N_NONE;
	size_t len;

	while (d != I2N_NONE) {
		const uint32_t inode = t->dirents[d].inode;

		if (!put_name(w, d, &len))
			return i2n_err_nomem(err);
		kept[d] = !rules || !i2n_rules_excludes(rules, w->path, len, is_dir(t, inode));
		if (kept[d] && is_dir(t, inode) && t->inodes[inode].dir.count) {
			w->path[len] = '/';
			w->len = len + 1;
			d = t->inodes[inode].dir.first;
		} else {
			d = leave(w, d);
		}
	}
	return I2N_OK;
}

int i2n_choose_by_rules(struct i2n_tree *tree, const struct i2n_rules *rules,
			uint64_t *ret_left_out, struct i2n_err *err)
{
	struct walk w = { .t = tree, .start = tree->root };
	unsigned char *kept = calloc((size_t)tree->n_dirents + 1, 1);
	uint32_t before = tree->n_dirents;
	int rc = kept ? mark(&w, rules, kept, err) : i2n_err_nomem(err);

	if (rc == I2N_OK)
		rc = keep_names(tree, kept, tree->root, err);
	if (rc == I2N_OK)
		*ret_left_out = before - tree->n_dirents;
	free(w.path);
	free(kept);
	return rc;
}

int i2n_choose_below(struct i2n_tree *tree, const char *path, struct i2n_err *err)
{
	uint32_t root = i2n_tree_resolve(tree, path, strlen(path), NULL);
	struct walk w = { .t = tree };
	unsigned char *kept;
	char q[300];
	int rc;

	if (root == I2N_NONE || !is_dir(tree, root))
		return i2n_fail(err, I2N_FATAL, I2N_DOM_USAGE, 0, "cannot begin at %s: %s",
				i2n_quote(q, sizeof(q), path, strlen(path)),
				root == I2N_NONE ? "the image has no such directory"
						 : "it is no directory");
	if (root == tree->root)
		return I2N_OK;
	w.start = root;
	kept = calloc((size_t)tree->n_dirents + 1, 1);
	if (!kept)
		return i2n_err_nomem(err);
	rc = mark(&w, NULL, kept, err);
	if (rc == I2N_OK)
		rc = keep_names(tree, kept, root, err);
	free(w.path);
	free(kept);
	return rc;
}
