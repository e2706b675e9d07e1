/* rank.h - a set of indexes that also numbers its members: 1.1 bits for each index there can be.
 *
 * Fill it with rank_add(), seal it once with rank_seal(), then rank_of() tells how many members lie
 * before an index. Arrays that only members need are so no longer than there are members.
 *
 * Unit:      indexes below n, counted from 0.
 * Ownership: rank_release() frees; a struct of zeros is an empty set of nothing. */
#ifndef BASE_RANK_H
#define BASE_RANK_H

#include <stdbool.h>
#include <stdint.h>

struct rank {
	uint64_t *bits;
	uint32_t *before;	/* members in front of each RANK_STRIDE words */
	uint32_t n;
};

bool rank_init(struct rank *r, uint32_t n);	/* false: out of memory */
void rank_release(struct rank *r);

static inline void rank_add(struct rank *r, uint32_t i)
{
	r->bits[i / 64] |= UINT64_C(1) << (i % 64);
}

static inline bool rank_has(const struct rank *r, uint32_t i)
{
	return r->bits[i / 64] >> (i % 64) & 1;
}

uint32_t rank_seal(struct rank *r);	/* number of members */
uint32_t rank_of(const struct rank *r, uint32_t i);	/* only when sealed */

#endif
