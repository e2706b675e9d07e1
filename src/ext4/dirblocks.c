#include "checked.h"
#include "ext4.h"

#include <stdlib.h>

/* Directory blocks of the whole image that are held at once for sorting, 16 bytes each. Together
 * they cannot be more than the file system has, and an image whose directories take 64 GiB does not
 * exist outside of attacks. */
#define DIR_BLOCKS_MAX (1u << 24)

static int add_run(struct load *l, uint32_t ino, const struct ext4_run *run, struct i2n_err *err)
{
	uint64_t i;
	int rc;

	for (i = 0; i < run->len && ext4_has_come(l->fs, run->pblk + i, 1); i++) {
		rc = ext4_load_block(
			&l->dir_blocks, &l->n_dir_blocks, &l->cap_dir_blocks,
			(struct load_block){ run->pblk + i, ino, (uint32_t)(run->lblk + i) }, err);
		if (rc)
			return rc;
	}
	l->dir_blocks_seen += run->len;
	return I2N_OK;
}

int ext4_load_dir_map(struct load *l, const struct raw_inode *r, struct i2n_err *err)
{
	const uint64_t limit =
		l->fs->sb.blocks < DIR_BLOCKS_MAX ? l->fs->sb.blocks : DIR_BLOCKS_MAX;
	struct ext4_run run;
	struct ext4_map m;
	uint64_t next = 0;
	int rc;

	ext4_map_init(&m, l->fs, r);
	while (!(rc = ext4_map_next(&m, &run, err))) {
		if (run.lblk != next)
			rc = ext4_load_damage(l, r->ino, DMG_WARN_HOLE, (uint32_t)next, NULL, 0,
					      err);
		if (!rc && (run.lblk + run.len > DIR_MAX_BLK || run.len > limit -
			    l->dir_blocks_seen))
			rc = I2N_BADNODE;
		if (!rc)
			rc = add_run(l, r->ino, &run, err);
		if (rc)
			break;
		next = run.lblk + run.len;
	}
	ext4_map_release(&m);
	if (rc == I2N_BADNODE)
		return ext4_load_damage(l, r->ino, DMG_DIR_MAP, (uint32_t)next, NULL, 0, err);
	return rc == I2N_END ? I2N_OK : rc;
}

int ext4_load_inline_dir(struct load *l, const struct raw_inode *r, struct i2n_err *err)
{
	/* the first four bytes are the number of the parent directory */
	const struct dir_part head = { .ino = r->ino, .encrypted = r->flags & I_FL_ENCRYPT };
	const struct dir_part rest = { .ino = r->ino,
				       .encrypted = r->flags & I_FL_ENCRYPT,
				       .lblk = 1 };
	const unsigned char *value;
	size_t len;
	int rc;

	if (!ext4_xattr_inline_data(r, &value, &len))
		return ext4_load_damage(l, r->ino, DMG_INLINE, 0, NULL, 0, err);
	rc = ext4_dirents_parse(l, &head, r->block + 4, I_BLOCK_LEN - 4, err);
	return rc || !len ? rc : ext4_dirents_parse(l, &rest, value, len, err);
}

static int parse_block(struct load *l, const struct load_block *b, const unsigned char *data,
		       struct i2n_err *err)
{
	const struct i2n_inode *in = &l->inodes[ext4_load_find(l, b->ino)];
	const struct dir_part part = {
		.ino = b->ino,
		.lblk = b->lblk,
		.seed = in->dir.first,
		.indexed = in->flags & LOAD_DIR_INDEXED,
		.encrypted = in->flags & I2N_INODE_ENCRYPTED,
		.first = !b->lblk,
		.has_tail = l->fs->csum,
	};

	/* the array is sorted by block, and equal ones keep the order of their inodes: the first
	 * one owns the block */
	if (b > l->dir_blocks && b[-1].blk == b->blk)
		return ext4_load_damage(l, b->ino, DMG_DIR_SHARED, b->lblk, NULL, 0, err);
	return ext4_dirents_parse(l, &part, data, l->fs->sb.block_size, err);
}

/* Dirents from `from` on that name inodes of which the scan believed that they were never used:
 * look at them now, as the kernel would. Adds their blocks to l->dir_blocks. */
static int scan_missing(struct load *l, size_t from, struct i2n_err *err)
{
	int rc = I2N_OK;

	for (; from < l->n_dirents && !rc; from++)
		rc = ext4_scan_if_missing(l, l->dirents[from].inode, err);
	return rc;
}

int ext4_load_one_dir(struct load *l, uint32_t ino, struct i2n_err *err)
{
	int rc = ext4_scan_one(l, ino, err);

	return rc ? rc : ext4_sweep(l, l->dir_blocks, l->n_dir_blocks, parse_block, err);
}

/* Read the directory blocks known so far, and those of directories found that way. Dirents before
 * done_dirents have been looked at. */
static int load_rounds(struct load *l, size_t done_dirents, struct i2n_err *err)
{
	size_t done_inodes;
	int rc = I2N_OK;

	do {	/* each round makes at least one more group complete, usually there is one round */
		done_inodes = l->n_inodes;
		if (!ext4_load_sort(l))
			return i2n_err_nomem(err);
		rc = ext4_sweep(l, l->dir_blocks, l->n_dir_blocks, parse_block, err);
		l->n_dir_blocks = 0;
		if (!rc)
			rc = scan_missing(l, done_dirents, err);
		done_dirents = l->n_dirents;
	} while (!rc && l->n_inodes > done_inodes);
	return rc;
}

int ext4_scan_if_missing(struct load *l, uint32_t ino, struct i2n_err *err)
{
	const struct ext4_super *sb = &l->fs->sb;
	uint32_t g = (ino - 1) / sb->inodes_per_group;

	if (!ino || ino > sb->inodes || (ino - 1) % sb->inodes_per_group < l->scanned[g])
		return I2N_OK;
	return ext4_scan_rest(l, g, err);
}

int ext4_load_dir_blocks(struct load *l, struct i2n_err *err)
{
	size_t done_dirents;
	int rc = load_rounds(l, 0, err);

	done_dirents = l->n_dirents;
	if (!rc)
		rc = ext4_load_fast_names(l, err);
	if (!rc && l->n_dirents > done_dirents)
		rc = load_rounds(l, done_dirents, err);
	free(l->dir_blocks);
	l->dir_blocks = NULL;
	l->cap_dir_blocks = 0;
	return rc;
}
