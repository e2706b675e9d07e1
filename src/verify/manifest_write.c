#include "img2nfs/manifest.h"

#include "img2nfs/digest.h"
#include "img2nfs/digests.h"
#include "img2nfs/mtree.h"

#include "walk.h"

#include <stdlib.h>

struct writer {
	FILE *f;
	const struct i2n_tree *tree;
	struct i2n_reader *reader;
	const struct i2n_notes *notes;
	struct i2n_digests digests;
};

static void tell(struct writer *w, uint32_t inode, enum i2n_note_kind kind, const char *text)
{
	size_t len = 0;
	char *path = i2n_tree_path(w->tree, w->tree->inodes[inode].first_dirent, &len);

	i2n_note(w->notes, kind, "content", path, len, "%s", text);
	free(path);
}

static int put_line(struct writer *w, uint32_t dirent, struct i2n_err *err)
{
	const struct i2n_tree *t = w->tree;
	uint32_t inode = dirent == I2N_NONE ? t->root : t->dirents[dirent].inode;
	const struct i2n_inode *in = &t->inodes[inode];
	bool is_symlink = i2n_inode_type(in) == I2N_S_IFLNK;
	struct i2n_err why;
	char hex[33], *target = NULL;
	size_t len = 0;
	char *path = i2n_tree_path(t, dirent, &len);

	if (is_symlink)
		target = malloc((size_t)in->size + 1);
	if (!path || (is_symlink && !target)) {
		free(path);
		free(target);
		return i2n_err_nomem(err);
	}
	if (is_symlink &&
	    w->reader->ops->readlink(w->reader, in, target, (size_t)in->size, &why) != I2N_OK) {
		tell(w, inode, I2N_NOTE_DAMAGED, why.msg);
		free(target);
		target = NULL;
	}
	if (w->digests.has[inode])
		i2n_digest_text(w->digests.bytes[inode], hex);
	else
		hex[0] = '\0';
	i2n_mtree_line(w->f, path, len, in, target, hex[0] ? hex : NULL);
	free(target);
	free(path);
	return I2N_OK;
}

static int put_all(struct writer *w, struct i2n_err *err)
{
	const struct i2n_tree *t = w->tree;
	int rc;

	i2n_mtree_head(w->f);
	rc = put_line(w, I2N_NONE, err);
	for (uint32_t d = walk_next(t, t->root, I2N_NONE); d != I2N_NONE && rc == I2N_OK;
	     d = walk_next(t, t->root, d))
		rc = put_line(w, d, err);
	return rc;
}

int i2n_manifest_write(FILE *f, const struct i2n_tree *tree, struct i2n_reader *reader,
		       const volatile int *stop, const struct i2n_notes *notes,
		       struct i2n_err *err)
{
	struct writer w = { .f = f, .tree = tree, .reader = reader, .notes = notes };
	const struct i2n_digests_opts opts = { .max_size = UINT64_MAX, .stop = stop };
	int rc = i2n_digests_make(tree, reader, &opts, notes, &w.digests, err);

	if (rc == I2N_OK)
		rc = put_all(&w, err);
	i2n_digests_release(&w.digests);
	return rc;
}
