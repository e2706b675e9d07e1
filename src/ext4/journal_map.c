#include "checked.h"
#include "each_extent.h"
#include "journal.h"
#include "journal_log.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define EXTENTS_FL 0x80000u

static int bad(struct i2n_err *err, const char *what)
{
	return i2n_fail(err, I2N_BADNODE, I2N_DOM_IMAGE, 0, "cannot find the journal: %s", what);
}

static void decode_backup(struct journal_fs *fs, const unsigned char *sb)
{
	fs->has_backup = sb[0xfd] == 1;		/* s_jnl_backup_type */
	memcpy(fs->backup, sb + 0x10c, sizeof(fs->backup));
	fs->backup_size = (uint64_t)i2n_le32(sb + 0x10c + 60) << 32 | i2n_le32(sb + 0x10c + 64);
}

int journal_fs_init(struct journal_fs *fs, struct i2n_source *src, const unsigned char *sb,
		    struct i2n_err *err)
{
	uint32_t log_size = i2n_le32(sb + 0x18);
	bool rev0 = !i2n_le32(sb + 0x4c);

	if (i2n_le16(sb + 0x38) != 0xef53)
		return bad(err, "no superblock");
	if (log_size > 6)
		return bad(err, "the superblock has no valid block size");
	*fs = (struct journal_fs){
		.src = src,
		.block_size = 1024u << log_size,
		.inode_size = rev0 ? 128 : i2n_le16(sb + 0x58),
		.first_data_blk = i2n_le32(sb + 0x14),
		.blocks_per_group = i2n_le32(sb + 0x20),
		.inodes_per_group = i2n_le32(sb + 0x28),
		.inodes = i2n_le32(sb),
		.compat = i2n_le32(sb + 0x5c),
		.incompat = i2n_le32(sb + 0x60),
		.ro_compat = i2n_le32(sb + 0x64),
		.journal_ino = i2n_le32(sb + 0xe0),
		.journal_dev = i2n_le32(sb + 0xe4),
		.first_meta_bg = i2n_le32(sb + 0x104),
		.backup_bgs = { i2n_le32(sb + 0x24c), i2n_le32(sb + 0x250) },
	};
	fs->desc_size = fs->incompat & JOURNAL_FS_64BIT ? i2n_le16(sb + 0xfe) : 32;
	memcpy(fs->journal_uuid, sb + 0xd0, sizeof(fs->journal_uuid));
	decode_backup(fs, sb);
	return I2N_OK;
}

static bool is_power_of(uint32_t n, uint32_t base)
{
	while (n > 1 && n % base == 0)
		n /= base;
	return n == 1;
}

/* Does this group begin with a copy of the superblock? (blockgroup.rst) */
static bool group_has_super(const struct journal_fs *fs, uint32_t group)
{
	if (!group)
		return true;
	if (fs->compat & JOURNAL_FS_SPARSE_SUPER2)
		return group == fs->backup_bgs[0] || group == fs->backup_bgs[1];
	if (!(fs->ro_compat & JOURNAL_FS_SPARSE_SUPER))
		return true;
	return is_power_of(group, 3) || is_power_of(group, 5) || is_power_of(group, 7);
}

/* Byte position of a group's descriptor. Group descriptors follow the superblock, with META_BG each
 * block of them lies at the start of the first group it describes. */
static bool desc_pos(const struct journal_fs *fs, uint32_t group, uint64_t *ret)
{
	uint32_t per_blk = fs->block_size / fs->desc_size, d = group / per_blk;
	uint32_t super = 1024 / fs->block_size;		/* block of the primary superblock */
	uint64_t blk;

	if (fs->incompat & JOURNAL_FS_META_BG && d >= fs->first_meta_bg) {
		uint32_t first = d * per_blk;

		blk = (first ? fs->first_data_blk + (uint64_t)first * fs->blocks_per_group
			     : super) +
		      group_has_super(fs, first);
	} else {
		blk = (uint64_t)super + 1 + d;
	}
	*ret = blk * fs->block_size + (uint64_t)(group % per_blk) * fs->desc_size;
	return i2n_range_ok(*ret, fs->desc_size, fs->src->size);
}

int journal_inode_pos(const struct journal_fs *fs, uint32_t ino, uint64_t *ret, struct i2n_err *err)
{
	unsigned char desc[64] = { 0 };
	uint64_t pos, table, at;
	int rc;

	if (!ino || ino > fs->inodes || !fs->inodes_per_group)
		return bad(err, "its inode number is out of range");
	if (fs->desc_size < 32 || fs->desc_size > fs->block_size || fs->inode_size < 128 ||
	    fs->inode_size > fs->block_size)
		return bad(err,
			   "the superblock has no valid sizes of inodes and group descriptors");
	if (!desc_pos(fs, (ino - 1) / fs->inodes_per_group, &pos))
		return bad(err, "the group descriptor of its inode is outside the image");
	rc = i2n_source_pread(fs->src, desc, fs->desc_size < 64 ? fs->desc_size : 64, pos, err);
	if (rc != I2N_OK)
		return rc;
	table = i2n_le32(desc + 8) | (uint64_t)i2n_le32(desc + 0x28) << 32;
	at = (uint64_t)((ino - 1) % fs->inodes_per_group) * fs->inode_size;
	if (!i2n_mul(table, fs->block_size, &pos) || !i2n_add(pos, at, &pos) ||
	    !i2n_range_ok(pos, fs->inode_size, fs->src->size))
		return bad(err, "its inode is outside the image");
	*ret = pos;
	return I2N_OK;
}

/* Add one mapping behind the others; log_blk is never below the end of the last. */
static int add_run(struct journal_map *map, uint32_t log_blk, uint64_t phys_blk, uint32_t len,
		   struct i2n_err *err)
{
	struct journal_run *last = map->n ? &map->runs[map->n - 1] : NULL;

	if (last && last->log_blk + last->len == log_blk &&
	    last->phys_blk + last->len == phys_blk) {
		last->len += len;
		return I2N_OK;
	}
	if (map->n == map->cap) {
		uint32_t cap = map->cap ? 2 * map->cap : 16;
		struct journal_run *runs = realloc(map->runs, cap * sizeof(*runs));

		if (!runs)
			return i2n_err_nomem(err);
		map->runs = runs;
		map->cap = cap;
	}
	map->runs[map->n++] =
		(struct journal_run){ .phys_blk = phys_blk, .log_blk = log_blk, .len = len };
	return I2N_OK;
}

struct extent_ctx {
	struct journal_map *map;
	struct i2n_err *err;
};

static int on_extent(void *ctx, const struct extent *e)
{
	struct extent_ctx *c = ctx;
	uint32_t len = e->len;

	if (e->lblk >= c->map->blocks)
		return I2N_END;
	if (e->unwritten)
		return I2N_OK;
	if (len > c->map->blocks - e->lblk)
		len = c->map->blocks - e->lblk;
	return add_run(c->map, e->lblk, e->pblk, len, c->err);
}

static int map_extents(const struct journal_fs *fs, const unsigned char *i_block,
		       struct journal_map *map, struct i2n_err *err)
{
	struct extent_ctx ctx = { .map = map, .err = err };
	int rc = each_extent(fs->src, fs->block_size, i_block, on_extent, &ctx, err);

	return rc == I2N_END ? I2N_OK : rc;
}

/* The blocks of pointers on the way to the current block, one per level (1 = single). */
struct indirect {
	unsigned char *buf[3];
	uint32_t loaded[3];		/* block number in each buffer, 0 = none */
};

static int load_pointers(const struct journal_fs *fs, struct indirect *in, unsigned level,
			 uint32_t blk, struct i2n_err *err)
{
	int rc;

	if (in->loaded[level] == blk)
		return I2N_OK;
	if (!i2n_range_ok((uint64_t)blk * fs->block_size, fs->block_size, fs->src->size))
		return bad(err, "its indirect blocks leave the image");
	if (!in->buf[level]) {
		in->buf[level] = malloc(fs->block_size);
		if (!in->buf[level])
			return i2n_err_nomem(err);
	}
	rc = i2n_source_pread(fs->src, in->buf[level], fs->block_size,
			      (uint64_t)blk * fs->block_size, err);
	in->loaded[level] = rc == I2N_OK ? blk : 0;
	return rc;
}

/* Physical block of `blk`, counted from the start of the tree with `height` levels of pointers
 * whose top is `top`. *ret_len: how many blocks the answer is for (1, or the whole of a missing
 * subtree). */
static int resolve(const struct journal_fs *fs, struct indirect *in, unsigned height, uint32_t top,
		   uint64_t blk, uint32_t *ret_phys, uint64_t *ret_len, struct i2n_err *err)
{
	uint64_t per = fs->block_size / 4, span = 1;
	uint32_t at = top;
	unsigned i;

	for (i = 1; i <= height; i++)
		span *= per;
	while (height && at) {
		int rc = load_pointers(fs, in, height - 1, at, err);

		if (rc != I2N_OK)
			return rc;
		span /= per;
		at = i2n_le32(in->buf[height - 1] + 4 * (blk / span % per));
		height--;
	}
	*ret_phys = at;
	*ret_len = at ? 1 : span - blk % span;
	return I2N_OK;
}

static int map_tree(const struct journal_fs *fs, struct indirect *in, const unsigned char *i_block,
		    unsigned height, uint64_t start, uint64_t end, struct journal_map *map,
		    struct i2n_err *err)
{
	uint64_t blk = start, len = 0;
	int rc = I2N_OK;

	for (; blk < end && blk < map->blocks && rc == I2N_OK; blk += len) {
		uint32_t top = i2n_le32(i_block + 4 * (height ? 11 + height : (unsigned)blk)), phys;

		rc = resolve(fs, in, height, top, blk - (height ? start : blk), &phys, &len, err);
		if (rc == I2N_OK && phys)
			rc = add_run(map, (uint32_t)blk, phys, 1, err);
	}
	return rc;
}

static int map_indirect(const struct journal_fs *fs, const unsigned char *i_block,
			struct journal_map *map, struct i2n_err *err)
{
	struct indirect in = { .buf = { NULL } };
	uint64_t per = fs->block_size / 4, start = 12, span = per;
	unsigned height;
	int rc = map_tree(fs, &in, i_block, 0, 0, 12, map, err);

	for (height = 1; height <= 3 && rc == I2N_OK; height++) {
		rc = map_tree(fs, &in, i_block, height, start, start + span, map, err);
		start += span;
		span *= per;
	}
	for (height = 0; height < 3; height++)
		free(in.buf[height]);
	return rc;
}

static int map_i_block(const struct journal_fs *fs, const unsigned char *i_block, bool extents,
		       uint64_t size, struct journal_map *map, struct i2n_err *err)
{
	uint64_t blocks = size / fs->block_size;
	int rc;

	if (!blocks)
		return bad(err, "it has no size");
	memset(map, 0, sizeof(*map));
	map->blocks = blocks > JOURNAL_MAX_BLOCKS ? JOURNAL_MAX_BLOCKS : (uint32_t)blocks;
	rc = extents ? map_extents(fs, i_block, map, err) : map_indirect(fs, i_block, map, err);
	if (rc != I2N_OK)
		journal_map_release(map);
	return rc;
}

int journal_map_inode(const struct journal_fs *fs, uint32_t ino, struct journal_map *map,
		      struct i2n_err *err)
{
	unsigned char raw[128];
	uint64_t pos;
	int rc = journal_inode_pos(fs, ino, &pos, err);

	if (rc == I2N_OK)
		rc = i2n_source_pread(fs->src, raw, sizeof(raw), pos, err);
	if (rc != I2N_OK)
		return rc;
	if ((i2n_le16(raw) & 0170000) != 0100000 || !i2n_le16(raw + 0x1a))
		return bad(err, "its inode is not a regular file in use");
	return map_i_block(fs, raw + 0x28, i2n_le32(raw + 0x20) & EXTENTS_FL,
			   (uint64_t)i2n_le32(raw + 0x6c) << 32 | i2n_le32(raw + 4), map, err);
}

int journal_map_backup(const struct journal_fs *fs, struct journal_map *map, struct i2n_err *err)
{
	if (!fs->has_backup)
		return bad(err, "the superblock keeps no copy of its inode");
	return map_i_block(fs, fs->backup, i2n_le16(fs->backup) == EXTENT_MAGIC, fs->backup_size,
			   map, err);
}

void journal_map_release(struct journal_map *map)
{
	free(map->runs);
	memset(map, 0, sizeof(*map));
}
