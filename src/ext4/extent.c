#include "checked.h"
#include "ext4.h"

/* Extent trees. Source: Documentation/filesystems/ext4/ifork.rst. The checks are those of the
 * kernel's __ext4_ext_check(); beyond it, the entries of a node must end before the next entry of
 * the node above, so that walking the tree ascends and no node is walked twice: that bounds the
 * work by the size of the tree. */

static const unsigned char *entry(const unsigned char *node, unsigned i)
{
	return node + EH_SIZE + (size_t)EH_SIZE * i;
}

static uint64_t leaf_start(const unsigned char *e)
{
	return i2n_le32(e + EE_START_LO) | (uint64_t)i2n_le16(e + EE_START_HI) << 32;
}

static uint64_t index_leaf(const unsigned char *e)
{
	return i2n_le32(e + EI_LEAF_LO) | (uint64_t)i2n_le16(e + EI_LEAF_HI) << 32;
}

static bool is_unwritten(const unsigned char *e)
{
	return i2n_le16(e + EE_LEN) > EXTENT_MAX_INIT_LEN;
}

static unsigned leaf_len(const unsigned char *e)
{
	unsigned len = i2n_le16(e + EE_LEN);

	return len > EXTENT_MAX_INIT_LEN ? len - EXTENT_MAX_INIT_LEN : len;
}

static enum damage check_header(const unsigned char *node, size_t size, unsigned depth)
{
	unsigned max = i2n_le16(node + EH_MAX), n = i2n_le16(node + EH_ENTRIES);

	if (i2n_le16(node + EH_MAGIC) != EH_MAGIC_VALUE || i2n_le16(node + EH_DEPTH) != depth ||
	    !max || n > max ||
	    max > (size - EH_SIZE) / EH_SIZE || (!n && depth))
		return DMG_EXTENT_HEADER;
	return DMG_NONE;
}

/* The entries lie in [lo, hi) of the file, ascend, and name blocks of the file system. */
static enum damage check_entries(const struct i2n_fs *fs, const unsigned char *node,
				 unsigned depth, uint64_t lo,
				 uint64_t hi)
{
	unsigned i, n = i2n_le16(node + EH_ENTRIES);
	uint64_t cur = lo;

	for (i = 0; i < n; i++) {
		const unsigned char *e = entry(node, i);
		uint64_t first = i2n_le32(e), count = depth ? 1 : leaf_len(e);

		if (!count || !ext4_is_data_block(fs, depth ? index_leaf(e) : leaf_start(e), count))
			return DMG_EXTENT_RANGE;
		if (first < cur || first + count > hi)
			return DMG_EXTENT_ORDER;
		cur = first + count;
	}
	return DMG_NONE;
}

enum damage ext4_extent_check_root(const struct i2n_fs *fs, const unsigned char *block)
{
	unsigned depth = i2n_le16(block + EH_DEPTH);
	enum damage d;

	if (depth > EXTENT_MAX_DEPTH)
		return DMG_EXTENT_HEADER;
	d = check_header(block, I_BLOCK_LEN, depth);
	return d ? d : check_entries(fs, block, depth, 0, UINT64_C(1) << 32);
}

uint64_t ext4_extent_first(const struct i2n_fs *fs, const unsigned char *node)
{
	const unsigned depth = i2n_le16(node + EH_DEPTH);
	const unsigned char *e = entry(node, 0);
	uint64_t blk;

	if (check_header(node, fs->sb.block_size, depth) || !i2n_le16(node + EH_ENTRIES))
		return 0;
	blk = depth ? index_leaf(e) : leaf_start(e);
	return ext4_is_data_block(fs, blk, 1) ? blk : 0;
}

/* Behind the room for eh_max entries lies the checksum. */
static bool is_checksum_right(const struct ext4_map *m, const unsigned char *node)
{
	size_t tail = EH_SIZE + (size_t)EH_SIZE * i2n_le16(node + EH_MAX);

	if (!m->fs->csum)
		return true;
	return tail + 4 <= m->fs->sb.block_size && ext2fs_crc32c_le(m->seed, node,
								    tail) == i2n_le32(node + tail);
}

static const unsigned char *node_at(const struct ext4_map *m, unsigned level)
{
	return level ? m->level[level].buf : m->root;
}

/* Read and check the node below the current entry of `level`. */
static int descend(struct ext4_map *m, unsigned level, struct i2n_err *err)
{
	struct map_level *up = &m->level[level], *lv = up + 1;
	const unsigned char *e = entry(node_at(m, level), up->at);
	enum damage d;
	int rc;

	m->nodes++;
	lv->lo = i2n_le32(e);
	lv->hi = up->at + 1 < up->n ? i2n_le32(entry(node_at(m, level), up->at + 1)) : up->hi;
	rc = ext4_map_load(m, level + 1, index_leaf(e), err);
	if (rc)
		return rc;
	d = check_header(lv->buf, m->fs->sb.block_size, m->depth - level - 1);
	if (!d && !is_checksum_right(m, lv->buf))
		d = DMG_EXTENT_CHECKSUM;
	if (!d && i2n_le16(lv->buf + EH_ENTRIES) && i2n_le32(entry(lv->buf, 0)) != lv->lo)
		d = DMG_EXTENT_KEY;
	if (!d)
		d = check_entries(m->fs, lv->buf, m->depth - level - 1, lv->lo, lv->hi);
	if (d)
		return ext4_bad_inode(m->ino, d, err);
	lv->n = i2n_le16(lv->buf + EH_ENTRIES);
	return I2N_OK;
}

/* The last entry that begins at or before lblk; 0 if there is none. */
static unsigned find_entry(const unsigned char *node, unsigned n, uint64_t lblk)
{
	unsigned lo = 0, hi = n;

	while (hi - lo > 1) {
		unsigned mid = lo + (hi - lo) / 2;

		if (i2n_le32(entry(node, mid)) <= lblk)
			lo = mid;
		else
			hi = mid;
	}
	return lo;
}

/* Go down from `level`, whose at is set, to a leaf: to the entry for lblk. */
static int go_down(struct ext4_map *m, unsigned level, uint64_t lblk, struct i2n_err *err)
{
	for (; level < m->depth; level++) {
		struct map_level *lv = &m->level[level + 1];
		int rc = descend(m, level, err);

		if (rc)
			return rc;
		lv->at = find_entry(lv->buf, lv->n, lblk);
	}
	return I2N_OK;
}

static int place(struct ext4_map *m, struct i2n_err *err)
{
	struct map_level *root = &m->level[0];

	root->lo = 0;
	root->hi = UINT64_C(1) << 32;
	root->n = i2n_le16(m->root + EH_ENTRIES);
	root->at = find_entry(m->root, root->n, m->pos);
	m->placed = true;
	return root->n ? go_down(m, 0, m->pos, err) : I2N_OK;
}

/* To the next leaf, when the current one is used up. I2N_END behind the last. */
static int next_leaf(struct ext4_map *m, struct i2n_err *err)
{
	unsigned level = m->depth;

	while (m->level[level].at >= m->level[level].n) {
		if (!level)
			return I2N_END;
		m->level[--level].at++;
	}
	return go_down(m, level, 0, err);
}

int ext4_extent_next(struct ext4_map *m, struct ext4_run *ret, struct i2n_err *err)
{
	struct map_level *leaf = &m->level[m->depth];
	int rc = m->placed ? I2N_OK : place(m, err);

	for (;;) {
		const unsigned char *e;
		uint64_t first, len;

		if (!rc)
			rc = next_leaf(m, err);
		if (rc) {
			m->placed = false;
			return rc;
		}
		if (m->nodes > m->fs->sb.blocks)
			return ext4_bad_inode(m->ino, DMG_EXTENT_LOOP, err);
		if (!leaf->n)
			continue;
		e = entry(node_at(m, m->depth), leaf->at++);
		first = i2n_le32(e);
		len = leaf_len(e);
		if (is_unwritten(e) || first + len <= m->pos)
			continue;
		*ret = (struct ext4_run){ .lblk = first, .pblk = leaf_start(e), .len = len };
		if (first < m->pos)
			*ret = (struct ext4_run){ m->pos, ret->pblk + (m->pos - first),
						  len - (m->pos - first) };
		return I2N_OK;
	}
}
