/* What the block bitmaps call free, for a stream: the bitmaps come before the data of their
 * groups.
 *
 * The newest copy of a bitmap may be in the journal, which has come when it has been replayed. A
 * group without one (BLOCK_UNINIT) holds nothing but the tables of groups. */
#include "img2nfs/source.h"

#include "checked.h"
#include "ext4.h"
#include "overlay.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* Of groups that have tables in one that is otherwise empty: flex_bg puts 16 together. */
#define TABLES_MAX 1024u

struct unused_group {
	uint64_t bitmap;	/* byte of the file system | OVERLAY_ESCAPED; 0: there is none that
				 * could be believed */
	uint64_t tables[3];	/* blocks: its bitmaps and the first of its inode table */
	uint32_t crc, free;	/* that the bitmap must have */
	uint32_t from, to;	/* empty: the groups of which tables may lie in it */
	bool empty;
	bool has_head;		/* begins with a superblock, or descriptors of groups */
};

struct i2n_unused {
	uint64_t base, blocks;
	uint32_t first, per_group, clusters_per_group, seed, crc_mask, n_groups;
	unsigned block_bits, cluster_bits;	/* of a cluster in blocks */
	bool csum;
	uint32_t head, table;			/* blocks of superblock and descriptors; of an inode
						 * table */
	uint32_t loaded;			/* group whose bits these are, or n_groups */
	unsigned char *bits;			/* a block */
	struct unused_group groups[];
};

/* All of it, and by the journal alone: fast commits take blocks that no bitmap knows of. */
static bool is_replay_final(const struct i2n_fs *fs)
{
	return fs->opts.journal == I2N_JOURNAL_REPLAY && fs->sb.compat & COMPAT_HAS_JOURNAL &&
	       !(fs->sb.compat & COMPAT_FAST_COMMIT) && !fs->replay.fast && !fs->replay.damaged;
}

/* After an unclean end a block may be in use that its bitmap calls free. */
static bool are_bitmaps_final(const struct i2n_fs *fs)
{
	const bool is_dirty = fs->sb.incompat & INCOMPAT_RECOVER || fs->replay.overlay;

	return (!is_dirty || is_replay_final(fs)) && fs->sb.state & SB_STATE_VALID &&
	       !(fs->sb.state & SB_STATE_ERROR) && fs->sb.offset == SB_OFFSET;
}

/* Where the newest copy of a block lies; 0: not in the stream. */
static uint64_t place_of(const struct i2n_fs *fs, uint64_t blk)
{
	uint64_t pos;

	if (!fs->replay.overlay || !overlay_find(fs->replay.overlay, blk, &pos))
		return blk << fs->block_bits;
	return pos & OVERLAY_JOURNAL ? 0 : pos;
}

static struct unused_group describe(const struct i2n_fs *fs, uint32_t g)
{
	const uint64_t blk = ext2fs_block_bitmap_loc(fs->e2, g);
	struct unused_group ret = {
		.tables = { blk, ext2fs_inode_bitmap_loc(fs->e2, g),
			    ext2fs_inode_table_loc(fs->e2, g) },
		.crc = ext2fs_block_bitmap_checksum(fs->e2, g),
		.free = ext2fs_bg_free_blocks_count(fs->e2, g),
		.has_head = fs->sb.incompat & INCOMPAT_META_BG ||
			    ext2fs_bg_has_super(fs->e2, g),
		.from = UINT32_MAX,
	};

	if (fs->group_csum && !ext2fs_group_desc_csum_verify(fs->e2, g))
		return ret;
	/* the kernel, too, looks at this flag only where descriptors have checksums */
	ret.empty = fs->group_csum && ext2fs_bg_flags_test(fs->e2, g, EXT2_BG_BLOCK_UNINIT);
	if (!ret.empty && ext4_is_data_block(fs, blk, 1))
		ret.bitmap = place_of(fs, blk);
	return ret;
}

/* Tell the groups in which blocks [blk, blk + n) lie that group g has tables there. */
static void tell_table(struct i2n_unused *u, uint32_t g, uint64_t blk, uint64_t n)
{
	if (blk < u->first || !i2n_range_ok(blk, n, u->blocks))
		return;
	for (uint64_t at = (blk - u->first) / u->per_group;
	     at <= (blk + n - 1 - u->first) / u->per_group && at < u->n_groups; at++) {
		struct unused_group *group = &u->groups[at];

		group->from = g < group->from ? g : group->from;
		group->to = g + 1;	/* they ascend */
	}
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
	u->table = fs->e2->inode_blocks_per_group;
	u->head = 1 + (uint32_t)fs->e2->desc_blocks + fs->e2->super->s_reserved_gdt_blocks;
	for (uint32_t g = 0; g < n; g++)
		u->groups[g] = describe(fs, g);
	for (uint32_t g = 0; g < n; g++)
		for (unsigned i = 0; i < 3; i++)
			tell_table(u, g, u->groups[g].tables[i], i < 2 ? 1 : u->table);
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

static uint32_t count_free(const struct i2n_unused *u, uint32_t g)
{
	const uint32_t n = clusters_of(u, g);
	uint32_t count = 0;

	for (uint32_t i = 0; i < n; i++)
		count += is_free(u, i);
	return count;
}

/* Its checksum, and as many free ones as the group's descriptor says. */
static bool is_sound(const struct i2n_unused *u, uint32_t g)
{
	uint32_t crc = ext2fs_crc32c_le(u->seed, u->bits, u->clusters_per_group / 8);

	return count_free(u, g) == u->groups[g].free &&
	       (!u->csum || (crc & u->crc_mask) == (u->groups[g].crc & u->crc_mask));
}

static bool load_bitmap(struct i2n_unused *u, uint32_t g, struct i2n_source *come)
{
	struct unused_group *group = &u->groups[g];
	const size_t size = (size_t)1 << u->block_bits;
	const uint64_t at = u->base + (group->bitmap & ~OVERLAY_FLAGS);

	if (!group->bitmap || !i2n_range_ok(at, size, come->size))
		return false;
	u->loaded = u->n_groups;
	if (i2n_source_pread(come, u->bits, size, at, NULL) == I2N_OK) {
		if (group->bitmap & OVERLAY_ESCAPED)
			overlay_unescape(u->bits);
		if (is_sound(u, g))
			return true;
	}
	group->bitmap = 0;
	return false;
}

/* Those of [blk, blk + n) that lie in group g are in use. */
static void set_used(struct i2n_unused *u, uint32_t g, uint64_t blk, uint64_t n)
{
	const uint64_t start = u->first + (uint64_t)g * u->per_group, end = end_of(u, g);
	const uint64_t from = blk > start ? blk : start;

	if (!i2n_range_ok(blk, n, u->blocks))
		return;
	for (uint64_t at = from; at < blk + n && at < end; at++) {
		const uint32_t c = (uint32_t)((at - start) >> u->cluster_bits);

		u->bits[c / 8] |= (unsigned char)(1u << c % 8);
	}
}

/* As many are free at least as the descriptor says, or there is something of which we do not
 * know. */
static bool make_bitmap(struct i2n_unused *u, uint32_t g)
{
	struct unused_group *group = &u->groups[g];
	const uint64_t start = u->first + (uint64_t)g * u->per_group, left = u->blocks - start;

	group->empty = false;	/* until all is right */
	if (group->from < group->to && group->to - group->from > TABLES_MAX)
		return false;
	u->loaded = u->n_groups;
	memset(u->bits, 0, (size_t)1 << u->block_bits);
	if (group->has_head)
		set_used(u, g, start, u->head < left ? u->head : left);
	for (uint32_t other = group->from; other < group->to; other++)
		for (unsigned i = 0; i < 3; i++)
			set_used(u, g, u->groups[other].tables[i], i < 2 ? 1 : u->table);
	group->empty = count_free(u, g) <= group->free;
	return group->empty;
}

/* false: its bitmap has not come, or cannot be believed. */
static bool load_group(struct i2n_unused *u, uint32_t g, struct i2n_source *come)
{
	if (u->loaded == g)
		return true;
	if (!(u->groups[g].empty ? make_bitmap(u, g) : load_bitmap(u, g, come)))
		return false;
	u->loaded = g;
	return true;
}

/* The first of the clusters from c to n that is not free or not in use as c is; n: none is. */
static uint32_t end_of_run(const struct i2n_unused *u, uint32_t c, uint32_t n)
{
	const bool free = is_free(u, c);
	const unsigned char same = free ? 0 : UCHAR_MAX;

	while (c < n && is_free(u, c) == free)
		c += c % 8 == 0 && u->bits[c / 8] == same ? 8 : 1;
	return c < n ? c : n;
}

/* From block blk of group g on: are they free, and where does that end? */
static bool look(const struct i2n_unused *u, uint32_t g, uint64_t blk, uint64_t *ret_end)
{
	const uint64_t start = u->first + (uint64_t)g * u->per_group;
	const uint32_t n = clusters_of(u, g);
	const uint32_t at = (uint32_t)((blk - start) >> u->cluster_bits), c = end_of_run(u, at, n);

	*ret_end = c < n ? start + ((uint64_t)c << u->cluster_bits) : end_of(u, g);
	return is_free(u, at);
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
