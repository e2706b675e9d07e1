#include "checked.h"
#include "ext4.h"

/* The block pointers of ext2 and ext3: 12 direct ones, then one each through one, two and three
 * levels of blocks full of pointers. 0 is a hole, also in place of a whole block of pointers.
 * Source: Documentation/filesystems/ext4/ifork.rst, "Direct/Indirect Block Addressing". */

#define DIRECT 12
#define RUN_MAX 32768u		/* so that a long file is not walked to its end for one run */

enum damage ext4_indirect_check_root(const struct i2n_fs *fs, const unsigned char *block)
{
	unsigned i;

	for (i = 0; i < I_BLOCK_LEN / 4; i++) {
		uint32_t blk = i2n_le32(block + 4 * i);

		if (blk && !ext4_is_data_block(fs, blk, 1))
			return DMG_BLOCK_RANGE;
	}
	return DMG_NONE;
}

/* Disk block of file block lblk (0 = hole), and the number of file blocks from lblk on that are
 * holes for certain. */
static int find(struct ext4_map *m, uint64_t lblk, uint64_t *ret_blk, uint64_t *ret_skip,
		struct i2n_err *err)
{
	uint64_t per = m->fs->sb.block_size / 4, span = 1, at = lblk - DIRECT;
	unsigned levels, i;
	uint32_t blk;

	*ret_skip = 1;
	if (lblk < DIRECT) {
		*ret_blk = i2n_le32(m->root + 4 * lblk);
		return I2N_OK;
	}
	for (levels = 1, span = per; at >= span; levels++, span *= per) {
		if (levels == 3) {
			*ret_blk = 0;
			*ret_skip = UINT64_MAX - lblk;
			return I2N_OK;
		}
		at -= span;
	}
	blk = i2n_le32(m->root + 4 * (DIRECT + levels - 1));
	for (i = levels; i; i--) {
		int rc;

		if (!blk) {
			*ret_blk = 0;
			*ret_skip = span - at % span;
			return I2N_OK;
		}
		if (!ext4_is_data_block(m->fs, blk, 1))
			return ext4_bad_inode(m->ino, DMG_BLOCK_RANGE, err);
		if (m->level[i].blk != blk)
			m->nodes++;
		rc = ext4_map_load(m, i, blk, err);
		if (rc)
			return rc;
		span /= per;
		blk = i2n_le32(m->level[i].buf + 4 * (at / span % per));
	}
	*ret_blk = blk;
	return I2N_OK;
}

int ext4_indirect_next(struct ext4_map *m, struct ext4_run *ret, struct i2n_err *err)
{
	uint64_t pos = m->pos, blk = 0, skip;
	int rc;

	for (;;) {
		if (pos >= m->end)
			return I2N_END;
		rc = find(m, pos, &blk, &skip, err);
		if (rc)
			return rc;
		if (m->nodes > m->fs->sb.blocks)
			return ext4_bad_inode(m->ino, DMG_EXTENT_LOOP, err);
		if (blk)
			break;
		pos += skip < m->end - pos ? skip : m->end - pos;
	}
	*ret = (struct ext4_run){ .lblk = pos, .pblk = blk };
	do {
		if (!ext4_is_data_block(m->fs, blk, 1))
			return ext4_bad_inode(m->ino, DMG_BLOCK_RANGE, err);
		ret->len++;
		if (pos + ret->len >= m->end || ret->len >= RUN_MAX)
			return I2N_OK;
		rc = find(m, pos + ret->len, &blk, &skip, err);
		if (rc)
			return rc;
	} while (blk == ret->pblk + ret->len);
	return I2N_OK;
}
