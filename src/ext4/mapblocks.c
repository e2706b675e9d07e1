#include "img2nfs/source.h"

#include "checked.h"
#include "ext4.h"

#include <stdlib.h>

/* Map blocks of files whose extents do not fit into the inode, where the source unpacks blocks:
 * read in the order of the medium with the rest of the tree, so that a file can be opened without
 * going there, and counts as lying where its data begins. */

int ext4_load_map_block(struct load *l, const struct raw_inode *r, struct i2n_err *err)
{
	struct load_block b = { .ino = r->ino };

	if (!l->fs->src->by_block || !(r->flags & I_FL_EXTENTS) || r->flags & I_FL_INLINE_DATA ||
	    !i2n_le16(r->block + EH_DEPTH))
		return I2N_OK;
	b.blk = ext4_extent_first(l->fs, r->block);
	return b.blk ? ext4_load_block(&l->map_blocks, &l->n_map_blocks, &l->cap_map_blocks, b, err)
		     : I2N_OK;
}

/* What is wrong with it comes up again, and is told, when the file is read. */
static int on_block(struct load *l, const struct load_block *b, const unsigned char *data,
		    struct i2n_err *err)
{
	const uint64_t first = ext4_extent_first(l->fs, data);
	struct i2n_inode *in = &l->inodes[ext4_load_find(l, b->ino)];

	(void)err;
	i2n_source_keep(l->fs->src, b->blk << l->fs->block_bits, l->fs->sb.block_size);
	if (first)
		in->data = first << 16 | (in->data & 0xffff);
	return I2N_OK;
}

void ext4_load_map_blocks(struct load *l)
{
	(void)ext4_sweep(l, l->map_blocks, l->n_map_blocks, on_block, NULL);	/* so does this */
	free(l->map_blocks);
	l->map_blocks = NULL;
	l->n_map_blocks = l->cap_map_blocks = 0;
}
