/* Who reads along the medium and fetches now and then what lies up to `behind` before it has each
 * block unpacked once, in whatever order he looks back. */
#include "packed/packed_blocks.h"

#include "t.h"

#include <stdlib.h>

#define LEN (16u << 20)
#define N 60u
#define STEP 8192u	/* so that no page is asked for twice: those of small reads are kept */

static unsigned decoded[N];	/* by one thread of the crew */
static uint32_t pages;
static uint64_t seed = 1;

static unsigned any(unsigned below)
{
	seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407u;
	return (unsigned)(seed >> 33) % below;
}

static int decode(const void *ctx, const struct block *b, struct blocks_input *in, void *buf,
		  struct i2n_err *err)
{
	(void)ctx;
	(void)in;
	(void)err;
	(void)buf;
	decoded[b->off / LEN]++;
	return I2N_OK;
}

static const struct blocks_codec codec = { .name = "test", .decode = decode };

static void read_some(struct i2n_source *src, uint32_t block)
{
	struct i2n_err err;
	unsigned char byte;

	T_EQ(i2n_source_pread(src, &byte, 1, (uint64_t)block * LEN + pages++ % 2000 * STEP, &err),
	     I2N_OK);
}

int main(void)
{
	struct i2n_source packed = { .size = N, .name = "test", .any_thread = true }, *src = NULL;
	struct blocks_spec spec = { .codec = &codec, .packed = &packed, .n = N, .threads = 1 };
	struct i2n_err err;
	uint32_t behind;

	spec.len = LEN;
	spec.size = (uint64_t)N * LEN;
	T_EQ(blocks_new(&spec, &src, &err), I2N_OK);
	behind = (uint32_t)(src->behind / LEN);
	T_OK(src->by_block && behind >= 2);
	for (uint32_t block = 0; block < N; block++) {
		for (uint32_t next = block + 1; next < N && next <= block + 5; next++)
			i2n_source_willneed(src, (uint64_t)next * LEN, 1);
		read_some(src, block);
		for (unsigned i = any(6); i; i--) {
			uint32_t back = any(behind + 1);

			read_some(src, block < back ? 0 : block - back);
		}
	}
	i2n_source_free(src);
	for (uint32_t i = 0; i < N; i++)
		T_EQ(decoded[i], 1);
	return t_end();
}
