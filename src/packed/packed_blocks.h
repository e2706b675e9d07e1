/* packed_blocks.h - a source over blocks that are decoded on their own, several at a time.
 *
 * What a format has to bring is a table of its blocks and a way to decode one. Blocks are decoded
 * when they are read, or when willneed() says that they will be; nothing else is. A few decoded
 * ones are held, and of the small reads their pages (kept.h). A block is checked as a whole before
 * a byte of it is given out.
 *
 * Unit:      bytes.
 * Thread:    one source, one thread, as all sources; the threads that decode are its own.
 * Ownership: what the spec points to is the source's when blocks_new() succeeds, but not `packed`,
 *            which must outlive it.
 * Trust:     offsets and sizes of the table have been checked by who made it. */
#ifndef PACKED_BLOCKS_H
#define PACKED_BLOCKS_H

#include "img2nfs/source.h"

#define BLOCKS_MAX (1u << 20)		/* blocks of one file */
#define BLOCKS_SIZE_MAX (256u << 20)	/* of one block, decoded */
#define BLOCKS_SINGLE_MAX (64u << 20)	/* of a file of one block */
#define BLOCKS_EXTRA (96u << 20)	/* decoded blocks held besides one for each core */

struct block {
	uint64_t off;		/* where it begins when decoded; ascending without gaps, len > 0 */
	uint64_t at, packed;	/* where it lies in the packed file */
	uint64_t tag;		/* the codec's */
	uint32_t len;		/* decoded, at most BLOCKS_SIZE_MAX */
};

struct blocks_input;

/* The next bytes of the packed block, as many as there are up to cap; 0 at its end. I2N_END: the
 * source is being freed, return this. */
int blocks_input(struct blocks_input *in, void *buf, size_t cap, size_t *ret, struct i2n_err *err);

struct blocks_codec {
	const char *name;
	/* Make exactly b->len bytes and verify them; called by several threads at a time. On damage
	 * fail by blocks_damaged(). */
	int (*decode)(const void *ctx, const struct block *b, struct blocks_input *in, void *buf,
		      struct i2n_err *err);
	void (*free)(void *ctx);
};

struct blocks_spec {
	const struct blocks_codec *codec;
	void *ctx;
	struct i2n_source *packed;
	struct block *table;	/* malloc'ed; NULL: blocks of `len` bytes, the last one has what is
				 * left of `size`, and where they lie packed decode() knows */
	uint64_t size;
	uint32_t len;
	uint32_t n;
	size_t memory;		/* what decode() uses besides */
	size_t held;		/* bytes of decoded blocks held besides one for each thread; 0:
				 * BLOCKS_EXTRA */
	unsigned threads;	/* 0 = one for each core; none where `packed` is for one thread */
	const volatile int *stop;	/* not 0: waiting is over; NULL: never */
};

/* Whether n blocks, the largest of max bytes, can be read like this on this machine. */
bool blocks_are_usable(uint64_t n, uint64_t max);

/* Sets ret->ahead to what is decoded ahead, ret->stats.n_blocks to n. */
int blocks_new(const struct blocks_spec *spec, struct i2n_source **ret, struct i2n_err *err);

/* `why`: how the library calls it. */
int blocks_damaged(const struct blocks_input *in, const char *why, struct i2n_err *err);

#endif
