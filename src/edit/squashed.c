#include "img2nfs/edit.h"

#include <stdlib.h>
#include <string.h>

/* before[i]: how many of the entries in front of i are kept; one more than there are entries. */
struct kept {
	uint32_t *inodes, *dirents;
};

static bool is_device(const struct i2n_inode *in)
{
	return i2n_inode_type(in) == I2N_S_IFCHR || i2n_inode_type(in) == I2N_S_IFBLK;
}

static bool is_kept(const struct i2n_tree *t, uint32_t dirent)
{
	return !is_device(&t->inodes[t->dirents[dirent].inode]);
}

static int count_kept(const struct i2n_tree *t, struct kept *k, struct i2n_err *err)
{
	k->inodes = malloc(((size_t)t->n_inodes + 1) * sizeof(*k->inodes));
	k->dirents = malloc(((size_t)t->n_dirents + 1) * sizeof(*k->dirents));
	if (!k->inodes || !k->dirents)
		return i2n_err_nomem(err);
	k->inodes[0] = k->dirents[0] = 0;
	for (uint32_t i = 0; i < t->n_inodes; i++)
		k->inodes[i + 1] = k->inodes[i] + !is_device(&t->inodes[i]);
	for (uint32_t i = 0; i < t->n_dirents; i++)
		k->dirents[i + 1] = k->dirents[i] + is_kept(t, i);
	return I2N_OK;
}

/* A directory must let its owner in, who is not root there and has yet to fill it. */
static uint16_t mode_of(const struct i2n_inode *in)
{
	if (i2n_inode_type(in) == I2N_S_IFDIR)
		return (uint16_t)((in->mode & 0171777u) | 0700u);
	return in->mode & 0170777u;
}

static int note_loss(const struct i2n_tree *t, const struct i2n_inode *in,
		     const struct i2n_notes *notes, struct i2n_err *err)
{
	size_t len;
	char *path = i2n_tree_path(t, in->first_dirent, &len);

	if (!path)
		return i2n_err_nomem(err);
	i2n_note(notes, I2N_NOTE_LOSS, "attr", path, len, "%s left to the script",
		 is_device(in) ? "device" : "owner and mode");
	free(path);
	return I2N_OK;
}

static void copy_inode(const struct i2n_inode *in, const struct kept *k, uint32_t uid,
		       uint32_t gid, struct i2n_inode *ret)
{
	*ret = *in;
	ret->mode = mode_of(in);
	ret->uid = uid;
	ret->gid = gid;
	if (in->first_dirent != I2N_NONE)
		ret->first_dirent = k->dirents[in->first_dirent];
	if (i2n_inode_type(in) == I2N_S_IFDIR) {
		ret->dir.first = k->dirents[in->dir.first];
		ret->dir.count = k->dirents[in->dir.first + in->dir.count] - ret->dir.first;
	}
}

static int copy_inodes(const struct i2n_tree *t, const struct kept *k, uint32_t uid, uint32_t gid,
		       const struct i2n_notes *notes, struct i2n_tree *ret, struct i2n_err *err)
{
	for (uint32_t i = 0; i < t->n_inodes; i++) {
		const struct i2n_inode *in = &t->inodes[i];
		bool differs = is_device(in) || in->uid != uid || in->gid != gid ||
			       (mode_of(in) != in->mode && i2n_inode_type(in) != I2N_S_IFLNK);

		if (differs && note_loss(t, in, notes, err))
			return I2N_FATAL;
		if (!is_device(in))
			copy_inode(in, k, uid, gid, &ret->inodes[ret->n_inodes++]);
	}
	ret->root = k->inodes[t->root];
	return I2N_OK;
}

static void copy_dirents(const struct i2n_tree *t, const struct kept *k, struct i2n_tree *ret)
{
	for (uint32_t i = 0; i < t->n_dirents; i++) {
		const struct i2n_dirent *de = &t->dirents[i];

		if (is_kept(t, i))
			ret->dirents[ret->n_dirents++] =
				(struct i2n_dirent){ .parent = k->inodes[de->parent],
						     .inode = k->inodes[de->inode],
						     .name = de->name };
	}
}

static struct i2n_tree *new_tree(const struct i2n_tree *t)
{
	struct i2n_tree *ret = calloc(1, sizeof(*ret));

	if (!ret)
		return NULL;
	ret->inodes = malloc((size_t)t->n_inodes * sizeof(*ret->inodes));
	ret->dirents = malloc(((size_t)t->n_dirents + 1) * sizeof(*ret->dirents));
	ret->names = malloc((size_t)t->names_len + 1);
	if (ret->inodes && ret->dirents && ret->names)
		return ret;
	i2n_tree_free(ret);
	return NULL;
}

int i2n_edit_squashed(const struct i2n_tree *tree, uint32_t uid, uint32_t gid,
		      const struct i2n_notes *notes, struct i2n_tree **ret, struct i2n_err *err)
{
	struct kept k = { NULL, NULL };
	struct i2n_tree *out = new_tree(tree);
	int rc = out ? count_kept(tree, &k, err) : i2n_err_nomem(err);

	if (rc == I2N_OK)
		rc = copy_inodes(tree, &k, uid, gid, notes, out, err);
	if (rc == I2N_OK) {
		copy_dirents(tree, &k, out);
		memcpy(out->names, tree->names, tree->names_len);
		out->names_len = tree->names_len;
		*ret = out;
	} else {
		i2n_tree_free(out);
	}
	free(k.inodes);
	free(k.dirents);
	return rc;
}
