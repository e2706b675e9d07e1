/* Blocks that will be needed are decoded as the medium goes, from the one that was read last, in
 * whatever order they are announced. */
#include "packed/packed_blocks.h"

#include "t.h"

#include <stdlib.h>

#define LEN (32u << 20)		/* so large that two are decoded ahead, and no more */
#define N 24u

static struct {
	uint32_t order[N], n;
} seen;		/* by one thread of the crew */

static int decode(const void *ctx, const struct block *b, struct blocks_input *in, void *buf,
		  struct i2n_err *err)
{
	(void)ctx;
	(void)in;
	(void)err;
	if (seen.n < N)
		seen.order[seen.n++] = (uint32_t)(b->off / LEN);
	*(unsigned char *)buf = (unsigned char)(b->off / LEN);
	return I2N_OK;
}

static const struct blocks_codec codec = { .name = "test", .decode = decode };

static void announce(struct i2n_source *src, uint32_t block)
{
	i2n_source_willneed(src, (uint64_t)block * LEN, 1);
}

static void read_block(struct i2n_source *src, uint32_t block)
{
	struct i2n_err err;
	unsigned char byte;

	T_EQ(i2n_source_pread(src, &byte, 1, (uint64_t)block * LEN, &err), I2N_OK);
	T_EQ(byte, block);
}

int main(void)
{
	static const uint32_t want[] = { 20, 21, 3, 5, 7 };
	struct i2n_source packed = { .size = N, .name = "test", .any_thread = true }, *src = NULL;
	struct blocks_spec spec = { .codec = &codec, .packed = &packed, .n = N, .threads = 1 };
	struct i2n_err err;

	spec.table = calloc(N, sizeof(*spec.table));
	if (!spec.table)
		return 1;
	for (uint32_t i = 0; i < N; i++)
		spec.table[i] = (struct block){ .off = (uint64_t)i * LEN, .at = i, .packed = 1,
						.len = LEN };
	T_EQ(blocks_new(&spec, &src, &err), I2N_OK);
	announce(src, 20);
	announce(src, 21);
	announce(src, 7);	/* there is no room for this and those that follow */
	announce(src, 3);
	announce(src, 5);
	read_block(src, 20);
	read_block(src, 21);
	for (uint32_t block = 3; block <= 7; block += 2)
		read_block(src, block);
	i2n_source_free(src);
	T_EQ(seen.n, 5);
	for (uint32_t i = 0; i < 5; i++)
		T_EQ(seen.order[i], want[i]);
	return t_end();
}
