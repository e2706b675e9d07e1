#include "img2nfs/source.h"

#include "ext4.h"

#include <stdlib.h>

#define SCAN_BYTES (256u << 10)	/* one read of an inode table; larger than any inode and block */

/* --- which parts of the tables were ever used --- */

/* What a descriptor says that we may believe. */
static uint32_t used_by_descriptor(const struct i2n_fs *fs, uint32_t g)
{
	uint32_t n = fs->sb.inodes_per_group, unused = ext2fs_bg_itable_unused(fs->e2, g);

	if (!ext2fs_group_desc_csum_verify(fs->e2, g))
		return n;
	if (ext2fs_bg_flags_test(fs->e2, g, EXT2_BG_INODE_UNINIT))
		return 0;
	return unused < n ? n - unused : n;
}

static int on_bitmap(struct load *l, const struct load_block *b, const unsigned char *data,
		     struct i2n_err *err)
{
	uint32_t bytes = (l->fs->sb.inodes_per_group + 7) / 8, most = l->used[b->ino];

	(void)err;	/* nothing can go wrong */
	while (bytes && !data[bytes - 1])
		bytes--;
	l->used[b->ino] = bytes * 8 < most ? bytes * 8 : most;
	return I2N_OK;
}

/* Without their checksums descriptors do not say it, but the bitmaps do. Where these are wrong or
 * cannot be read it costs time only: inodes that a dirent names are looked at in any case. */
static void used_by_bitmaps(struct load *l)
{
	const struct i2n_fs *fs = l->fs;
	struct load_block *blocks = NULL;
	size_t n = 0, cap = 0;
	uint32_t g;

	for (g = 0; g < fs->e2->group_desc_count; g++) {
		uint64_t blk = ext2fs_inode_bitmap_loc(fs->e2, g);

		if (ext2fs_bg_free_inodes_count(fs->e2, g) == fs->sb.inodes_per_group)
			l->used[g] = 0;
		else if (!ext4_is_data_block(fs, blk, 1) ||
			 ext4_load_block(&blocks, &n, &cap, (struct load_block){ blk, g, 0 }, NULL))
			continue;
	}
	(void)ext4_sweep(l, blocks, n, on_bitmap, NULL);	/* see above */
	free(blocks);
}

static int find_used(struct load *l, struct i2n_err *err)
{
	const struct i2n_fs *fs = l->fs;
	uint32_t g, groups = fs->e2->group_desc_count;

	l->used = malloc(groups * sizeof(*l->used));
	if (!l->used)
		return i2n_err_nomem(err);
	for (g = 0; g < groups; g++)
		l->used[g] = fs->group_csum ? used_by_descriptor(fs, g) : fs->sb.inodes_per_group;
	if (!fs->group_csum)
		used_by_bitmaps(l);
	return I2N_OK;
}

/* --- inodes --- */

static int add_inode(struct load *l, const struct i2n_inode *in, struct i2n_err *err)
{
	if (l->n_inodes == LOAD_INODES_MAX ||
	    !ext4_grow(&l->inodes, &l->cap_inodes, l->n_inodes, 1, sizeof(*in)))
		return i2n_err_nomem(err);
	l->inodes[l->n_inodes++] = *in;
	return I2N_OK;
}

/* Damaged inodes are kept as such: whether it matters is known when a dirent names them. */
static int add_damaged(struct load *l, uint32_t ino, enum damage d, struct i2n_err *err)
{
	const struct i2n_inode in = { .ino = ino, .nlink = (uint16_t)d, .first_dirent = I2N_NONE };

	return add_inode(l, &in, err);
}

static int load_body(struct load *l, const struct raw_inode *r, struct i2n_inode *in,
		     struct i2n_err *err)
{
	struct xattr_walk w;
	enum damage d = DMG_NONE;

	if (!r->body)
		return I2N_OK;
	ext4_xattr_walk_body(&w, r->body, r->body_len);
	in->flags |= ext4_xattr_flags(&w, &d);
	return d ? ext4_load_damage(l, r->ino, d, 0, NULL, 0, err) : I2N_OK;
}

static int load_dir(struct load *l, const struct raw_inode *r, struct i2n_inode *in,
		    struct i2n_err *err)
{
	in->dir.count = 0;
	in->dir.first = l->fs->csum ? ext4_inode_seed(l->fs, r->ino, r->generation) : 0;
	if (r->flags & I_FL_INDEX)
		in->flags |= LOAD_DIR_INDEXED;
	return r->flags & I_FL_INLINE_DATA ? ext4_load_inline_dir(l, r, err)
					   : ext4_load_dir_map(l, r, err);
}

/* Reserved inodes and those that the superblock names are nobody's files. */
static bool is_special(const struct i2n_fs *fs, uint32_t ino)
{
	size_t i;

	if (ino == EXT2_ROOT_INO)
		return false;
	for (i = 0; i < sizeof(fs->sb.special) / sizeof(fs->sb.special[0]); i++)
		if (fs->sb.special[i] == ino)
			return true;
	return ino < fs->sb.first_ino;
}

static int load_inode(struct load *l, uint32_t ino, const unsigned char *raw, struct i2n_err *err)
{
	struct i2n_inode in;
	struct raw_inode r;
	enum damage d;
	int rc;

	if (!ext4_inode_is_used(raw))
		return I2N_OK;
	if (is_special(l->fs, ino))
		return add_damaged(l, ino, DMG_DE_RESERVED, err);
	d = ext4_inode_decode(l->fs, ino, raw, &r);
	if (!d && r.flags & I_FL_EA_INODE)
		d = DMG_INODE_SPECIAL;
	if (d)
		return add_damaged(l, ino, d, err);
	rc = ext4_content_has_come(l->fs, &r, err);
	if (rc)
		return rc == I2N_END ? I2N_OK : rc;
	ext4_inode_fill(l->fs, &r, &in);
	rc = load_body(l, &r, &in, err);
	if (!rc && r.file_acl)
		rc = ext4_load_block(&l->xattr_blocks, &l->n_xattr_blocks, &l->cap_xattr_blocks,
				     (struct load_block){ .blk = r.file_acl, .ino = ino }, err);
	if (!rc && raw_type(&r) == I2N_S_IFDIR)
		rc = load_dir(l, &r, &in, err);
	if (!rc && raw_type(&r) == I2N_S_IFREG)
		rc = ext4_load_map_block(l, &r, err);
	return rc ? rc : add_inode(l, &in, err);
}

/* Tables of which the source was told, and how many bytes of them are not read yet. */
struct tables_ahead {
	struct ahead ahead;
	uint32_t told;
	uint64_t bytes;
};

static void look_ahead(struct tables_ahead *t, const struct load *l)
{
	const struct i2n_fs *fs = l->fs;

	for (; t->told < fs->e2->group_desc_count && t->bytes < fs->src->ahead; t->told++) {
		uint64_t off, len = (uint64_t)l->used[t->told] * fs->sb.inode_size;

		t->bytes += len;
		if (len && ext4_inode_offset(fs, t->told * fs->sb.inodes_per_group + 1, &off))
			ahead_tell(&t->ahead, off, len);
	}
}

/* Look at the inodes [l->scanned[g], to) of a group. */
static int scan_table(struct load *l, uint32_t g, uint32_t to, unsigned char *buf,
		      struct i2n_err *err)
{
	struct i2n_fs *fs = l->fs;
	uint32_t first = g * fs->sb.inodes_per_group + 1, at = l->scanned[g], n, i;
	uint64_t off;
	int rc;

	l->scanned[g] = to;
	if (at >= to)
		return I2N_OK;
	if (!ext4_inode_offset(fs, first, &off)) {
		i2n_note(&fs->notes, I2N_NOTE_DAMAGED, "group", NULL, 0,
			 "the inode table of group %u lies outside of the file system", g);
		return I2N_OK;
	}
	off += (uint64_t)at * fs->sb.inode_size;
	for (; at < to; at += n, off += (uint64_t)n * fs->sb.inode_size) {
		n = SCAN_BYTES / fs->sb.inode_size;
		n = n < to - at ? n : to - at;
		if (off + (uint64_t)n * fs->sb.inode_size > fs->below)
			break;
		rc = i2n_source_pread(fs->src, buf, (size_t)n * fs->sb.inode_size, off, err);
		for (i = 0; i < n && !rc; i++)
			rc = load_inode(l, first + at + i, buf + (size_t)i * fs->sb.inode_size,
					err);
		if (rc)
			return rc;
	}
	return I2N_OK;
}

/* Room for as many inodes as the group descriptors say there are, so that the array need not move.
 * A guess: what they say may be a lie, but more than the image has room for they cannot make us
 * ask for. */
static void reserve(struct load *l)
{
	const struct i2n_fs *fs = l->fs;
	uint64_t n = 0, most = fs->src->size / fs->sb.inode_size;
	uint32_t g;

	for (g = 0; g < fs->e2->group_desc_count; g++) {
		uint32_t used = l->used[g], empty = ext2fs_bg_free_inodes_count(fs->e2, g);
		uint32_t taken = fs->sb.inodes_per_group - (empty < fs->sb.inodes_per_group ?
							    empty : fs->sb.inodes_per_group);

		n += taken < used ? taken : used;
	}
	if (n > most)
		n = most;
	if (!n || n >= LOAD_INODES_MAX || n > SIZE_MAX / sizeof(*l->inodes))
		return;
	l->inodes = malloc((size_t)n * sizeof(*l->inodes));
	l->cap_inodes = l->inodes ? (size_t)n : 0;
}

int ext4_scan_inodes(struct load *l, struct i2n_err *err)
{
	uint32_t g, groups = l->fs->e2->group_desc_count;
	struct tables_ahead t = { .ahead = { .src = l->fs->src } };
	unsigned char *buf = malloc(SCAN_BYTES);
	int rc = I2N_OK;

	l->scanned = calloc(groups, sizeof(*l->scanned));
	if (!buf || !l->scanned)
		rc = i2n_err_nomem(err);
	if (!rc)
		rc = find_used(l, err);
	if (!rc)
		reserve(l);
	for (g = 0; g < groups && !rc; g++) {
		look_ahead(&t, l);
		ahead_flush(&t.ahead);
		rc = scan_table(l, g, l->used[g], buf, err);
		t.bytes -= (uint64_t)l->used[g] * l->fs->sb.inode_size;
	}
	free(buf);
	return rc;
}

int ext4_scan_one(struct load *l, uint32_t ino, struct i2n_err *err)
{
	unsigned char *raw;
	int rc = ext4_inode_fetch(l->fs, ino, &raw, err);

	return rc ? rc : load_inode(l, ino, raw, err);
}

int ext4_scan_rest(struct load *l, uint32_t group, struct i2n_err *err)
{
	unsigned char *buf = malloc(SCAN_BYTES);
	int rc;

	if (!buf)
		return i2n_err_nomem(err);
	rc = scan_table(l, group, l->fs->sb.inodes_per_group, buf, err);
	free(buf);
	return rc;
}
