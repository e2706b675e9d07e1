#include "img2nfs/source.h"

#include "ext4.h"

/* A tree while its image is still coming in. Loading and building are those of the whole tree; what
 * has not come is as if it were not there. */

uint64_t i2n_fs_available(struct i2n_fs *fs)
{
	uint64_t n = fs->replay.overlay ? fs->info.size : i2n_source_available(fs->src);

	return n < fs->info.size ? n : fs->info.size;
}

/* Its content lies in blocks of its own. */
static bool has_blocks(const struct i2n_fs *fs, const struct raw_inode *r)
{
	if (r->flags & I_FL_INLINE_DATA)
		return false;
	return raw_type(r) == I2N_S_IFREG ||
	       (raw_type(r) == I2N_S_IFLNK && !ext4_inode_is_fast_symlink(fs, r));
}

/* A map that is damaged, or has not come itself, can wait, too. */
static int map_has_come(struct i2n_fs *fs, const struct raw_inode *r, struct i2n_err *err)
{
	struct ext4_run run;
	struct ext4_map m;
	uint64_t data;
	int rc;

	if (ext4_map_compact(fs, r, &data))
		return ext4_has_come(fs, data >> 16, data & 0xffff) ? I2N_OK : I2N_END;
	ext4_map_init(&m, fs, r);
	while (!(rc = ext4_map_next(&m, &run, err)))
		if (!ext4_has_come(fs, run.pblk, run.len))
			break;
	ext4_map_release(&m);
	if (rc == I2N_FATAL)
		return rc;
	return rc == I2N_END ? I2N_OK : I2N_END;
}

int ext4_content_has_come(struct i2n_fs *fs, const struct raw_inode *r, struct i2n_err *err)
{
	if (fs->below == UINT64_MAX)
		return I2N_OK;
	if (r->file_acl && !ext4_has_come(fs, r->file_acl, 1))
		return I2N_END;
	return has_blocks(fs, r) ? map_has_come(fs, r, err) : I2N_OK;
}

/* A damaged root is the whole tree's business. */
static bool has_root(const struct load *l)
{
	uint32_t root = ext4_load_find(l, EXT2_ROOT_INO);

	return root != I2N_NONE && i2n_inode_type(&l->inodes[root]) == I2N_S_IFDIR;
}

static int load_below(struct i2n_fs *fs, struct i2n_tree **ret, struct i2n_err *err)
{
	struct load l = { .fs = fs };
	int rc = ext4_load_all(&l, err);

	if (!rc)
		rc = has_root(&l) ? ext4_build(&l, ret, err) : I2N_END;
	ext4_load_release(&l);
	return rc;
}

int i2n_fs_tree_below(struct i2n_fs *fs, uint64_t below, struct i2n_tree **ret, struct i2n_err *err)
{
	const struct i2n_notes notes = fs->notes;
	const bool strict = fs->opts.strict;
	int rc;

	fs->notes = (struct i2n_notes){ 0 };
	fs->opts.strict = false;
	fs->below = below;
	rc = load_below(fs, ret, err);
	fs->below = UINT64_MAX;
	fs->opts.strict = strict;
	fs->notes = notes;
	return rc;
}
