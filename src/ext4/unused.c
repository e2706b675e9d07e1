/* What the block bitmaps call free, for a stream: the bitmaps come before the data of their
 * groups. */
#include "img2nfs/source.h"

#include "checked.h"
#include "ext4.h"

#include <stdlib.h>

struct unused_group {
	uint64_t bitmap;	/* block; 0: there is none that could be believed */
	uint32_t crc, free;	/* that it must have */
};

struct i2n_unused {
	uint64_t base, blocks;
	uint32_t first, per_group, clusters_per_group, seed, crc_mask, n_groups;
	unsigned block_bits, cluster_bits;	/* of a cluster in blocks */
	bool csum;
	uint32_t loaded;			/* group whose bits these are, or n_groups */
	unsigned char *bits;			/* a block */
	struct unused_group groups[];
};

/* After a replay, or an unclean end, a block may be in use that its bitmap calls free. */
static bool are_bitmaps_final(const struct i2n_fs *fs)
{
	return !(fs->sb.incompat & INCOMPAT_RECOVER) && !fs->replay.overlay &&
	       fs->sb.state & SB_STATE_VALID && !(fs->sb.state & SB_STATE_ERROR) &&
	       fs->sb.offset == SB_OFFSET;
}

static struct unused_group describe(const struct i2n_fs *fs, uint32_t g)
{
	struct unused_group ret = { 0 };
	const uint64_t blk = ext2fs_block_bitmap_loc(fs->e2, g);

	if (!ext4_is_data_block(fs, blk, 1) ||
	    ext2fs_bg_flags_test(fs->e2, g, EXT2_BG_BLOCK_UNINIT) ||
	    (fs->group_csum && !ext2fs_group_desc_csum_verify(fs->e2, g)))
		return ret;
	ret.bitmap = blk;
	ret.crc = ext2fs_block_bitmap_checksum(fs->e2, g);
	ret.free = ext2fs_bg_free_blocks_count(fs->e2, g);
	return ret;
}

static unsigned log2_of(uint32_t n)
{
	unsigned bits = 0;

	while (n >>= 1)
		bits++;
	return bits;
}

int i2n_fs_unused(struct i2n_fs *fs, uint64_t base, struct i2n_unused **ret, struct i2n_err *err)
{
	const uint32_t n = fs->e2->group_desc_count, size = fs->sb.block_size;
	struct i2n_unused *u;

	if (!are_bitmaps_final(fs) || EXT2_CLUSTERS_PER_GROUP(fs->e2->super) / 8 > size)
		return I2N_END;
	u = calloc(1, sizeof(*u) + n * sizeof(u->groups[0]));
	if (!u)
		return i2n_err_nomem(err);
	u->base = base;
	u->blocks = fs->sb.blocks;
	u->first = fs->sb.first_data_block;
	u->per_group = fs->sb.blocks_per_group;
	u->clusters_per_group = EXT2_CLUSTERS_PER_GROUP(fs->e2->super);
	u->block_bits = fs->block_bits;
	u->cluster_bits = log2_of(fs->sb.cluster_size / size);
	u->csum = fs->csum;
	u->seed = fs->e2->csum_seed;
	u->crc_mask = EXT2_DESC_SIZE(fs->e2->super) >= EXT4_BG_BLOCK_BITMAP_CSUM_HI_LOCATION
			      ? UINT32_MAX : UINT16_MAX;
	u->n_groups = u->loaded = n;
	for (uint32_t g = 0; g < n; g++)
		u->groups[g] = describe(fs, g);
	u->bits = malloc(size);
	if (!u->bits) {
		free(u);
		return i2n_err_nomem(err);
	}
	*ret = u;
	return I2N_OK;
}

void i2n_unused_free(struct i2n_unused *u)
{
	if (u)
		free(u->bits);
	free(u);
}

/* --- by the thread that unpacks --- */

static bool is_free(const struct i2n_unused *u, uint32_t cluster)
{
	return !(u->bits[cluster / 8] & 1u << cluster % 8);
}

/* The first block behind a group. */
static uint64_t end_of(const struct i2n_unused *u, uint32_t g)
{
	const uint64_t end = u->first + ((uint64_t)g + 1) * u->per_group;

	return end < u->blocks ? end : u->blocks;
}

static uint32_t clusters_of(const struct i2n_unused *u, uint32_t g)
{
	const uint64_t blocks = end_of(u, g) - u->first - (uint64_t)g * u->per_group;

	return (uint32_t)((blocks + ((uint64_t)1 << u->cluster_bits) - 1) >> u->cluster_bits);
}

/* Its checksum, and as many free ones as the group's descriptor says. */
static bool is_sound(const struct i2n_unused *u, uint32_t g)
{
	const uint32_t n = clusters_of(u, g);
	uint32_t crc = ext2fs_crc32c_le(u->seed, u->bits, u->clusters_per_group / 8), count = 0;

	for (uint32_t i = 0; i < n; i++)
		count += is_free(u, i);
	return count == u->groups[g].free &&
	       (!u->csum || (crc & u->crc_mask) == (u->groups[g].crc & u->crc_mask));
}

/* false: its bitmap has not come, or cannot be believed. */
static bool load_group(struct i2n_unused *u, uint32_t g, struct i2n_source *come)
{
	struct unused_group *group = &u->groups[g];
	const size_t size = (size_t)1 << u->block_bits;
	const uint64_t at = u->base + (group->bitmap << u->block_bits);

	if (u->loaded == g)
		return true;
	if (!group->bitmap || !i2n_range_ok(at, size, come->size))
		return false;
	u->loaded = u->n_groups;
	if (i2n_source_pread(come, u->bits, size, at, NULL) != I2N_OK || !is_sound(u, g)) {
		group->bitmap = 0;
		return false;
	}
	u->loaded = g;
	return true;
}

/* From block blk of group g on: are they free, and where does that end? */
static bool look(const struct i2n_unused *u, uint32_t g, uint64_t blk, uint64_t *ret_end)
{
	const uint64_t start = u->first + (uint64_t)g * u->per_group;
	const uint32_t n = clusters_of(u, g);
	uint32_t c = (uint32_t)((blk - start) >> u->cluster_bits);
	const bool free = is_free(u, c);

	while (c < n && is_free(u, c) == free)
		c++;
	*ret_end = c < n ? start + ((uint64_t)c << u->cluster_bits) : end_of(u, g);
	return free;
}

bool i2n_unused_at(struct i2n_unused *u, struct i2n_source *come, uint64_t off, uint64_t *ret_len)
{
	const uint64_t begin = u->base + ((uint64_t)u->first << u->block_bits);
	uint64_t blk, end;
	bool ret = false;
	uint32_t g;

	*ret_len = off < begin ? begin - off : UINT64_MAX - off;
	if (off < begin)
		return false;
	blk = (off - u->base) >> u->block_bits;
	if (blk >= u->blocks)
		return false;
	g = (uint32_t)((blk - u->first) / u->per_group);
	if (g >= u->n_groups)
		return false;
	end = end_of(u, g);
	if (load_group(u, g, come))
		ret = look(u, g, blk, &end);
	*ret_len = u->base + (end << u->block_bits) - off;
	return ret;
}
