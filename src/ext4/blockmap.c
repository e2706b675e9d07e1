#include "checked.h"
#include "ext4.h"

#include <stdlib.h>
#include <string.h>

/* A map that leads to more blocks than the file system has, names some of them more than once. A
 * small image could claim terabytes that way, so such a file is damaged; each walk from the start
 * counts anew. */
static bool is_over_budget(const struct ext4_map *m)
{
	return m->nodes > m->fs->sb.blocks ||
		(m->mapped > m->fs->sb.blocks && !(m->fs->sb.ro_compat & RO_COMPAT_SHARED_BLOCKS));
}

void ext4_map_init(struct ext4_map *m, struct i2n_fs *fs, const struct raw_inode *r)
{
	memset(m, 0, sizeof(*m));
	m->fs = fs;
	m->ino = r->ino;
	m->seed = fs->csum ? ext4_inode_seed(fs, r->ino, r->generation) : 0;
	m->extents = r->flags & I_FL_EXTENTS;
	m->end = (r->size >> fs->block_bits) + ((r->size & (fs->sb.block_size - 1)) != 0);
	memcpy(m->root, r->block, I_BLOCK_LEN);
	if (m->extents)
		m->depth = i2n_le16(m->root + EH_DEPTH);
}

void ext4_map_release(struct ext4_map *m)
{
	size_t i;

	for (i = 0; i < sizeof(m->level) / sizeof(m->level[0]); i++)
		free(m->level[i].buf);
}

void ext4_map_seek(struct ext4_map *m, uint64_t lblk)
{
	m->pos = lblk;
	m->placed = false;
	m->nodes = 0;
	m->mapped = 0;
}

int ext4_map_load(struct ext4_map *m, unsigned depth, uint64_t blk, struct i2n_err *err)
{
	struct map_level *lv = &m->level[depth];
	int rc;

	if (lv->blk == blk)
		return I2N_OK;
	if (!ext4_has_come(m->fs, blk, 1))
		return i2n_fail(err, I2N_BADNODE, I2N_DOM_IMAGE, 0, "block %llu has not come yet",
				(unsigned long long)blk);
	if (!lv->buf) {
		lv->buf = malloc(m->fs->sb.block_size);
		if (!lv->buf)
			return i2n_err_nomem(err);
	}
	lv->blk = 0;
	rc = ext4_read_blocks(m->fs, blk, 1, lv->buf, err);
	if (rc)
		return rc;
	lv->blk = blk;
	return I2N_OK;
}

int ext4_map_next(struct ext4_map *m, struct ext4_run *ret, struct i2n_err *err)
{
	int rc;

	if (m->pos >= m->end)
		return I2N_END;
	rc = m->extents ? ext4_extent_next(m, ret, err) : ext4_indirect_next(m, ret, err);
	if (rc)
		return rc;
	if (ret->lblk >= m->end) {
		m->pos = m->end;
		return I2N_END;
	}
	if (ret->len > m->end - ret->lblk)
		ret->len = m->end - ret->lblk;
	m->pos = ret->lblk + ret->len;
	m->mapped += ret->len;
	if (is_over_budget(m))
		return ext4_bad_inode(m->ino, DMG_EXTENT_LOOP, err);
	return I2N_OK;
}

/* Direct blocks that follow each other are as good as an extent. */
static bool compact_direct(const struct raw_inode *r, uint64_t blocks, uint64_t *ret)
{
	uint64_t first = i2n_le32(r->block), i;

	*ret = first << 16;
	if (blocks > 12 || (blocks && !first))
		return false;
	for (i = 1; i < blocks; i++)
		if (i2n_le32(r->block + 4 * i) != first + i)
			return false;
	*ret |= blocks;
	return true;
}

bool ext4_map_compact(const struct i2n_fs *fs, const struct raw_inode *r, uint64_t *ret)
{
	uint64_t blocks = (r->size >> fs->block_bits) + ((r->size & (fs->sb.block_size -
								     1)) != 0);
	const unsigned char *e = r->block + EH_SIZE;
	unsigned n, len;

	*ret = 0;
	if (!(r->flags & I_FL_EXTENTS))
		return compact_direct(r, blocks, ret);
	n = i2n_le16(r->block + EH_ENTRIES);
	if (!n)
		return true;
	*ret = ext4_extent_first(fs, r->block) << 16;
	len = i2n_le16(e + EE_LEN);
	if (i2n_le16(r->block + EH_DEPTH) || n > 1 || i2n_le32(e + EE_BLOCK) ||
	    len > EXTENT_MAX_INIT_LEN)
		return false;
	*ret |= len < blocks ? len : blocks;
	return true;
}
