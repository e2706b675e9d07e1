#include "ext4.h"

/* Names that fast commits made in directories of the image. Inodes and blocks have been patched by
 * then (fastcommit.h), and names that the image has too went through fastcommit_dirent(). */

/* Directories and inodes in parts of the inode tables that the image says were never used. */
static int scan_new(struct load *l, struct i2n_err *err)
{
	struct fast_name name;
	size_t i = 0;
	int rc = I2N_OK;

	while (!rc && fastcommit_added(l->fs->replay.fast, &i, &name)) {
		rc = ext4_scan_if_missing(l, name.parent, err);
		if (!rc)
			rc = ext4_scan_if_missing(l, name.ino, err);
	}
	return rc;
}

static bool is_dir(const struct load *l, uint32_t ino)
{
	uint32_t i = ext4_load_find(l, ino);

	return i != I2N_NONE && i2n_inode_type(&l->inodes[i]) == I2N_S_IFDIR;
}

static int add_name(struct load *l, const struct fast_name *name, struct i2n_err *err)
{
	const struct i2n_inode *dir = &l->inodes[ext4_load_find(l, name->parent)];
	const uint32_t where = (DIR_MAX_BLK - 1) << 4;	/* behind all blocks, type unknown */
	char nokey[I2N_NAME_MAX];
	size_t len;

	if (!(dir->flags & I2N_INODE_ENCRYPTED))
		return ext4_load_dirent(l, name->parent, name->ino, where, name->name, name->len,
					err);
	len = ext4_nokey_name(l->fs, name->name, name->len, nokey);
	return len ? ext4_load_dirent(l, name->parent, name->ino, where, nokey, len, err) : I2N_OK;
}

int ext4_load_fast_names(struct load *l, struct i2n_err *err)
{
	struct fast_name name;
	size_t i = 0;
	unsigned lost = 0;
	int rc;

	if (!l->fs->replay.fast)
		return I2N_OK;
	rc = scan_new(l, err);
	if (rc)
		return rc;
	if (!ext4_load_sort(l))
		return i2n_err_nomem(err);
	while (!rc && fastcommit_added(l->fs->replay.fast, &i, &name)) {
		if (is_dir(l, name.parent))
			rc = add_name(l, &name, err);
		else
			lost++;
	}
	if (lost)
		i2n_note(&l->fs->notes, I2N_NOTE_DAMAGED, "journal", NULL, 0,
			 "%u name%s of the fast commits lie in directories that cannot be read",
			 lost, lost == 1 ? "" : "s");
	return rc;
}
