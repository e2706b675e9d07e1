#include "checked.h"
#include "fastcommit_state.h"

#include <stdlib.h>
#include <string.h>

static void put16(unsigned char *p, uint32_t v)
{
	p[0] = (unsigned char)v;
	p[1] = (unsigned char)(v >> 8);
}

static void put32(unsigned char *p, uint32_t v)
{
	put16(p, v);
	put16(p + 2, v >> 16);
}

/* --- the table of inodes --- */

static uint32_t *find_slot(const struct fastcommit *f, uint32_t ino)
{
	size_t at = (ino * UINT32_C(2654435761)) & (f->n_hash - 1);

	while (f->hash[at] && f->inodes[f->hash[at] - 1].ino != ino)
		at = (at + 1) & (f->n_hash - 1);
	return &f->hash[at];
}

/* Keep the table at most half full. */
static int grow_hash(struct fastcommit *f, struct i2n_err *err)
{
	size_t n = f->n_hash ? 2 * f->n_hash : 64, i;

	if (2 * (f->n_inodes + 1) <= f->n_hash)
		return I2N_OK;
	free(f->hash);
	f->n_hash = n;
	f->hash = calloc(n, sizeof(*f->hash));
	if (!f->hash)
		return i2n_err_nomem(err);
	for (i = 0; i < f->n_inodes; i++)
		*find_slot(f, f->inodes[i].ino) = (uint32_t)i + 1;
	return I2N_OK;
}

static int read_inode(struct fastcommit *f, struct fast_inode *in, struct i2n_err *err)
{
	size_t cap = 0;
	int rc = journal_inode_pos(&f->fs, in->ino, &in->pos, err);

	if (rc == I2N_OK)
		rc = fast_grow(f, &in->raw, &cap, 0, f->fs.inode_size, 1, err);
	if (rc == I2N_OK)
		rc = i2n_source_pread(f->fs.src, in->raw, f->fs.inode_size, in->pos, err);
	if (rc == I2N_OK)
		in->nlink = i2n_le16(in->raw + IN_LINKS);
	return rc;
}

int fast_inode_get(struct fastcommit *f, uint32_t ino, struct fast_inode **ret, struct i2n_err *err)
{
	struct fast_inode in = { .ino = ino };
	uint32_t *slot;
	int rc = grow_hash(f, err);

	if (rc != I2N_OK)
		return rc;
	slot = find_slot(f, ino);
	if (!*slot) {
		rc = fast_grow(f, &f->inodes, &f->cap_inodes, f->n_inodes, 1, sizeof(*f->inodes),
			       err);
		if (rc == I2N_OK)
			rc = read_inode(f, &in, err);
		if (rc != I2N_OK) {
			free(in.raw);
			return rc;
		}
		f->inodes[f->n_inodes++] = in;
		*slot = (uint32_t)f->n_inodes;
	}
	*ret = &f->inodes[*slot - 1];
	return I2N_OK;
}

/* --- what tags do to one --- */

bool fast_inode_lives(const struct fast_inode *in)
{
	return in->nlink && i2n_le16(in->raw + IN_MODE);
}

bool fast_inode_is_dir(const struct fast_inode *in)
{
	return (i2n_le16(in->raw + IN_MODE) & 0170000) == 0040000;
}

static void reset_map(struct fast_inode *in)
{
	in->fresh_map = true;
	in->fresh_dir = false;
	in->ranges.n = 0;
}

/* All fields but i_block come from the tag. The map of the blocks stays what it is and is changed
 * by ranges; content that lies in i_block itself (inline data, symlinks, device numbers) comes from
 * the tag. */
int fast_inode_replace(struct fastcommit *f, uint32_t ino, const unsigned char *raw, size_t len,
		       struct i2n_err *err)
{
	struct fast_inode *in;
	int rc = fast_inode_get(f, ino, &in, err);
	uint32_t flags;

	if (rc != I2N_OK)
		return rc;
	if (!in->nlink)			/* a new file under the number of one that is gone */
		reset_map(in);
	memcpy(in->raw, raw, IN_BLOCK);
	memcpy(in->raw + IN_GENERATION, raw + IN_GENERATION, len - IN_GENERATION);
	flags = i2n_le32(in->raw + IN_FLAGS);
	if (!(flags & FL_EXTENTS))
		memcpy(in->raw + IN_BLOCK, raw + IN_BLOCK, IN_BLOCK_LEN);
	else if (i2n_le16(in->raw + IN_BLOCK) != EXTENT_MAGIC)
		reset_map(in);
	if (flags & FL_EXTENTS && in->fresh_map)
		fast_extent_root(in->raw + IN_BLOCK);
	in->nlink = i2n_le16(in->raw + IN_LINKS);
	in->changed = true;
	return I2N_OK;
}

int fast_inode_range(struct fastcommit *f, struct fast_inode *in, const struct range *r,
		     struct i2n_err *err)
{
	int rc;

	/* the kernel also logs that a file with inline data has no blocks */
	if (!(i2n_le32(in->raw + IN_FLAGS) & FL_EXTENTS))
		return r->kind == RANGE_HOLE ? I2N_OK : I2N_BADNODE;
	if (r->end == r->lblk)
		return I2N_OK;
	rc = fast_grow(f, &in->ranges.v, &in->ranges.cap, in->ranges.n, 1, sizeof(*in->ranges.v),
		       err);
	if (rc != I2N_OK)
		return rc;
	in->ranges.v[in->ranges.n] = *r;
	in->ranges.v[in->ranges.n++].seq = ++f->seq;
	in->changed = true;
	return I2N_OK;
}

/* A file whose last name goes is gone, with its blocks; a directory only loses its name. */
void fast_inode_unlink(struct fast_inode *in)
{
	if (in->nlink && !fast_inode_is_dir(in))
		in->nlink--;
	if (!in->nlink)
		reset_map(in);
}

/* --- patches --- */

uint32_t fast_inode_seed(const struct fastcommit *f, const struct fast_inode *in)
{
	unsigned char ino[4];

	put32(ino, in->ino);
	return log_csum(log_csum(f->csum_seed, ino, sizeof(ino)), in->raw + IN_GENERATION, 4);
}

/* crc32c of the inode with its own two halves taken as zero, inodes.rst. */
static void set_csum(const struct fastcommit *f, struct fast_inode *in)
{
	bool has_hi = f->fs.inode_size > 128 && i2n_le16(in->raw + IN_EXTRA) >= 4;
	uint32_t crc;

	put16(in->raw + IN_CSUM_LO, 0);
	if (has_hi)
		put16(in->raw + IN_CSUM_HI, 0);
	crc = log_csum(fast_inode_seed(f, in), in->raw, f->fs.inode_size);
	put16(in->raw + IN_CSUM_LO, crc);
	if (has_hi)
		put16(in->raw + IN_CSUM_HI, crc >> 16);
}

static void fill_dir_block(const struct fastcommit *f, const struct fast_inode *in,
			   unsigned char *block)
{
	uint32_t size = f->fs.block_size, tail = f->has_csum ? 12 : 0;
	unsigned char type = f->has_filetype ? 2 : 0;

	put32(block, in->ino);
	put16(block + 4, 12);
	block[6] = 1;
	block[7] = type;
	block[8] = '.';
	put32(block + 12, in->parent);
	put16(block + 16, size - 12 - tail);
	block[18] = 2;
	block[19] = type;
	block[20] = block[21] = '.';
	if (!tail)
		return;
	put16(block + size - 8, 12);
	block[size - 5] = 0xde;
	put32(block + size - 4, log_csum(fast_inode_seed(f, in), block, size - 12));
}

/* One block with "." and ".."; the names in it are added by the loader. */
static int finish_dir(struct fastcommit *f, struct fast_inode *in, struct i2n_err *err)
{
	unsigned char *block = calloc(1, f->fs.block_size);
	uint32_t flags = i2n_le32(in->raw + IN_FLAGS);
	uint64_t blk;
	int rc = block ? fast_spare_block(f, &blk, err) : i2n_err_nomem(err);

	if (rc == I2N_OK) {
		fill_dir_block(f, in, block);
		rc = fast_patch_add(f, blk * f->fs.block_size, block, f->fs.block_size, err);
	}
	free(block);
	if (rc != I2N_OK)
		return rc;
	put32(in->raw + IN_FLAGS, flags & ~FL_INDEX);
	put32(in->raw + IN_SIZE, f->fs.block_size);
	put32(in->raw + IN_SIZE_HIGH, 0);
	if (!(flags & FL_EXTENTS)) {
		memset(in->raw + IN_BLOCK, 0, IN_BLOCK_LEN);
		put32(in->raw + IN_BLOCK, (uint32_t)blk);
		return I2N_OK;
	}
	in->fresh_map = true;
	in->ranges.n = 0;
	return fast_inode_range(f, in, &(struct range){ .lblk = 0, .end = 1, .pblk = blk }, err);
}

static int finish_inode(struct fastcommit *f, struct fast_inode *in, struct i2n_err *err)
{
	uint32_t flags = i2n_le32(in->raw + IN_FLAGS);
	int rc = I2N_OK;

	if (in->fresh_dir && fast_inode_is_dir(in) && !(flags & FL_INLINE))
		rc = finish_dir(f, in, err);
	if (rc == I2N_OK && flags & FL_EXTENTS && in->ranges.n)
		rc = fast_map_finish(f, in, err);
	if (rc != I2N_OK)
		return rc;
	if (!fast_inode_is_dir(in))
		put16(in->raw + IN_LINKS, in->nlink);
	if (f->has_csum)
		set_csum(f, in);
	return fast_patch_add(f, in->pos, in->raw, f->fs.inode_size, err);
}

static int compare_patches(const void *a, const void *b)
{
	const struct overlay_patch *x = a, *y = b;

	return (x->off > y->off) - (x->off < y->off);
}

int fast_inodes_finish(struct fastcommit *f, struct i2n_err *err)
{
	size_t i;
	int rc;

	for (i = 0; i < f->n_inodes; i++) {
		if (!f->inodes[i].changed)
			continue;
		rc = finish_inode(f, &f->inodes[i], err);
		if (rc == I2N_FATAL)
			return rc;
		if (rc == I2N_BADNODE)
			f->left_out++;
	}
	if (f->n_patches)
		qsort(f->patches, f->n_patches, sizeof(*f->patches), compare_patches);
	return I2N_OK;
}

int fast_patch_add(struct fastcommit *f, uint64_t off, const void *bytes, uint32_t len,
		   struct i2n_err *err)
{
	int rc = fast_grow(f, &f->patches, &f->cap_patches, f->n_patches, 1, sizeof(*f->patches),
			   err);

	if (rc == I2N_OK)
		rc = fast_grow(f, &f->bytes, &f->cap_bytes, f->n_bytes, len, 1, err);
	if (rc != I2N_OK)
		return rc;
	memcpy(f->bytes + f->n_bytes, bytes, len);
	f->patches[f->n_patches++] =
		(struct overlay_patch){ .off = off, .len = len, .at = (uint32_t)f->n_bytes };
	f->n_bytes += len;
	return I2N_OK;
}

int fast_spare_block(struct fastcommit *f, uint64_t *ret_blk, struct i2n_err *err)
{
	uint64_t pos;

	if (!f->next_spare)
		f->next_spare = f->log->first;	/* the journal superblock stays */
	while (!f->log->external && f->next_spare < f->log->map.blocks)
		if (log_pos(f->log, f->next_spare++, &pos)) {
			*ret_blk = pos / f->fs.block_size;
			return I2N_OK;
		}
	return i2n_fail(err, I2N_BADNODE, I2N_DOM_IMAGE, 0,
			"cannot replay a fast commit: no spare block");
}
