/* each_extent.h - walk an extent tree without libext2fs, for the journal inode and for fast
 * commits.
 *
 * Both are read before the file system can be opened. Checks what the walk needs and no checksums.
 *
 * Unit:      file system blocks.
 * Trust:     extents ascend and do not overlap, or the walk ends with I2N_BADNODE; physical blocks
 *            are not checked. The work is bounded by the size of the source: every leaf brings
 *            blocks of the file not seen before.
 * Source:    Documentation/filesystems/ext4/ifork.rst. */
#ifndef EXT4_EACH_EXTENT_H
#define EXT4_EACH_EXTENT_H

#include "img2nfs/source.h"

#define EXTENT_MAGIC 0xf30a
#define EXTENT_INIT_MAX 32768u		/* longer ones are unwritten, by that much */

struct extent {
	uint64_t pblk;
	uint32_t lblk, len;
	bool unwritten;
};

/* I2N_OK: go on; anything else ends the walk and is returned. */
typedef int extent_fn(void *ctx, const struct extent *e);

/* i_block: the 60 bytes of the inode. */
int each_extent(struct i2n_source *src, uint32_t block_size, const unsigned char *i_block,
		extent_fn *fn, void *ctx, struct i2n_err *err);

#endif
