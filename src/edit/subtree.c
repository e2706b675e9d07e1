#include "img2nfs/edit.h"

#include <stdlib.h>
#include <string.h>

/* Directories are taken in the order in which they are found, so that dirents are grouped. */
struct copy {
	const struct i2n_tree *from;
	struct i2n_tree *to;
	uint32_t *inode;		/* by inode of from: in to, or I2N_NONE */
	uint32_t *back;			/* by inode of to: in from */
};

static uint32_t copy_inode(struct copy *c, uint32_t i)
{
	struct i2n_inode *in;

	if (c->inode[i] != I2N_NONE)
		return c->inode[i];
	c->inode[i] = c->to->n_inodes++;
	c->back[c->inode[i]] = i;
	in = &c->to->inodes[c->inode[i]];
	*in = c->from->inodes[i];
	in->first_dirent = I2N_NONE;
	in->links = 0;
	return c->inode[i];
}

static void copy_dir(struct copy *c, uint32_t dir)
{
	const struct i2n_inode *from = &c->from->inodes[c->back[dir]];
	struct i2n_tree *to = c->to;
	uint32_t first = to->n_dirents;

	for (uint32_t i = 0; i < from->dir.count; i++) {
		const struct i2n_dirent *de = &c->from->dirents[from->dir.first + i];
		uint32_t inode = copy_inode(c, de->inode);

		if (to->inodes[inode].first_dirent == I2N_NONE)
			to->inodes[inode].first_dirent = to->n_dirents;
		i2n_inode_add_link(&to->inodes[inode]);
		to->dirents[to->n_dirents++] =
			(struct i2n_dirent){ .parent = dir, .inode = inode, .name = de->name };
	}
	to->inodes[dir].dir.first = first;
	to->inodes[dir].dir.count = to->n_dirents - first;
}

int i2n_edit_subtree(const struct i2n_tree *tree, uint32_t dir, struct i2n_tree **ret,
		     struct i2n_err *err)
{
	struct copy c = { .from = tree, .to = calloc(1, sizeof(*c.to)) };
	struct i2n_tree *t = c.to;

	c.inode = malloc((tree->n_inodes + (size_t)1) * sizeof(*c.inode));
	c.back = malloc((tree->n_inodes + (size_t)1) * sizeof(*c.back));
	if (t) {
		t->inodes = malloc((tree->n_inodes + (size_t)1) * sizeof(*t->inodes));
		t->dirents = malloc((tree->n_dirents + (size_t)1) * sizeof(*t->dirents));
		t->names = malloc(tree->names_len + (size_t)1);
	}
	if (!t || !c.inode || !c.back || !t->inodes || !t->dirents || !t->names) {
		i2n_tree_free(t);
		free(c.inode);
		free(c.back);
		return i2n_err_nomem(err);
	}
	memset(c.inode, 0xff, tree->n_inodes * sizeof(*c.inode));
	memcpy(t->names, tree->names, tree->names_len);
	t->names_len = tree->names_len;
	t->root = copy_inode(&c, dir);
	for (uint32_t i = 0; i < t->n_inodes; i++)
		if (i2n_inode_type(&t->inodes[i]) == I2N_S_IFDIR)
			copy_dir(&c, i);
	free(c.inode);
	free(c.back);
	*ret = t;
	return I2N_OK;
}
