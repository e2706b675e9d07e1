/* packed_xz_block.h - decode and verify one block of an .xz file. */
#ifndef PACKED_XZ_BLOCK_H
#define PACKED_XZ_BLOCK_H

#include "packed_blocks.h"

extern const struct blocks_codec xz_codec;

/* What the codec has to know of a block besides: its size without padding (below 2^60, it is of
 * something in a file), and the stream's kind of check (0 to 15). */
static inline uint64_t xz_block_tag(uint64_t unpadded, unsigned check)
{
	return unpadded << 4 | check;
}

/* What decoding this block takes, besides the decoded block; blocks of one file are alike. I2N_END:
 * more than we want to give. */
int xz_block_memory(struct i2n_source *raw, const struct block *b, size_t *ret,
		    struct i2n_err *err);

#endif
