/* overlay.h - a source in which some blocks come from somewhere else: the replayed journal.
 *
 * The overlay has the size of the source below. A read of a block that is listed is answered from
 * the place where the journal holds its newest copy, everything else from below. No block is
 * copied: the list costs 16 bytes per block. On top of that lie patches: bytes in memory, for what
 * fast commits change (inodes, nodes of extent trees).
 *
 * Unit:      `blk` counts blocks of block_size; `pos` and `off` are byte positions.
 * Thread:    as for every source: one.
 * Ownership: the list becomes the overlay's on success; `below` and `journal` stay the caller's and
 *            outlive the overlay.
 * Trust:     the maker has checked that every block lies inside `below` and every position inside
 *            its source.
 * Source:    Documentation/filesystems/ext4/journal.rst (escaped blocks). */
#ifndef EXT4_OVERLAY_H
#define EXT4_OVERLAY_H

#include "img2nfs/source.h"

/* Low bits of pos, free because positions are multiples of at least 1024. */
enum overlay_flags {
	OVERLAY_ESCAPED = 1 << 0,	/* the first four bytes stand for the JBD2 magic number */
	OVERLAY_JOURNAL = 1 << 1,	/* the position is in the external journal, not below */
};
#define OVERLAY_FLAGS ((uint64_t)(OVERLAY_ESCAPED | OVERLAY_JOURNAL))

struct overlay_block {
	uint64_t blk;
	uint64_t pos;		/* byte position | enum overlay_flags */
};

/* blocks: ascending by blk, no two the same; from malloc. journal may be NULL when no block says
 * OVERLAY_JOURNAL. */
int overlay_new(struct i2n_source *below, struct i2n_source *journal, uint32_t block_size,
		struct overlay_block *blocks, size_t n, struct i2n_source **ret,
		struct i2n_err *err);

/* Whether a block is listed; *ret_pos as above. */
bool overlay_find(const struct i2n_source *overlay, uint64_t blk, uint64_t *ret_pos);
/* Put right what was read at a position with OVERLAY_ESCAPED. */
void overlay_unescape(unsigned char *block);

struct overlay_patch {
	uint64_t off;		/* [off, off + len) of the overlay reads as bytes[at .. at + len) */
	uint32_t len;
	uint32_t at;
};

/* Once per overlay. patches: ascending, disjoint; both from malloc and the overlay's from now on.
 */
void overlay_set_patches(struct i2n_source *overlay, struct overlay_patch *patches, size_t n,
			 unsigned char *bytes);

#endif
