#include "rank.h"

#include <stdlib.h>

#define RANK_STRIDE 8u		/* words: one cache line is counted at most */

static uint32_t words_of(uint32_t n)
{
	return n / 64 + 1;
}

/* Bits set. Hacker's Delight, 5-1; compilers make one instruction of it where there is one. */
static uint32_t count_bits(uint64_t x)
{
	x -= x >> 1 & UINT64_C(0x5555555555555555);
	x = (x & UINT64_C(0x3333333333333333)) + (x >> 2 & UINT64_C(0x3333333333333333));
	x = (x + (x >> 4)) & UINT64_C(0x0f0f0f0f0f0f0f0f);
	return (uint32_t)(x * UINT64_C(0x0101010101010101) >> 56);
}

bool rank_init(struct rank *r, uint32_t n)
{
	uint32_t words = words_of(n);

	r->n = n;
	r->bits = calloc(words, sizeof(*r->bits));
	r->before = calloc(words / RANK_STRIDE + 1, sizeof(*r->before));
	if (r->bits && r->before)
		return true;
	rank_release(r);
	return false;
}

void rank_release(struct rank *r)
{
	free(r->bits);
	free(r->before);
	*r = (struct rank){ 0 };
}

uint32_t rank_seal(struct rank *r)
{
	uint32_t words = words_of(r->n), total = 0;

	for (uint32_t w = 0; w < words; w++) {
		if (w % RANK_STRIDE == 0)
			r->before[w / RANK_STRIDE] = total;
		total += count_bits(r->bits[w]);
	}
	return total;
}

uint32_t rank_of(const struct rank *r, uint32_t i)
{
	uint32_t word = i / 64, w = word - word % RANK_STRIDE;
	uint32_t n = r->before[word / RANK_STRIDE];

	for (; w < word; w++)
		n += count_bits(r->bits[w]);
	return n + count_bits(r->bits[word] & ((UINT64_C(1) << (i % 64)) - 1));
}
