/* ahead.h - private to src/ext4/: what is wanted soon, as few large hints to the source.
 *
 * Told in ascending order of the small pieces that will be read (files lying side by side, blocks
 * of directories), it joins neighbours, so that a disk gets one large request where there would be
 * many small ones. The last piece is kept back until it is known whether the next one joins; a read
 * in it lets it go.
 *
 * Unit:      bytes of the source.
 * Trust:     off + len does not wrap; the source clips the range.
 * Ownership: nothing is owned. */
#ifndef EXT4_AHEAD_H
#define EXT4_AHEAD_H

#include <stdbool.h>
#include <stdint.h>

#define AHEAD_GAP (32u << 10)	/* bytes that nobody wants, read along: cheaper than a seek */
#define AHEAD_PIECE (1u << 20)	/* a hint is given when it has grown to this */

struct i2n_source;

struct ahead {
	struct i2n_source *src;
	uint64_t start, end;	/* kept back; equal: nothing */
};

void ahead_tell(struct ahead *a, uint64_t off, uint64_t len);
void ahead_touch(struct ahead *a, uint64_t off);	/* before a read at off */
void ahead_flush(struct ahead *a);

#endif
