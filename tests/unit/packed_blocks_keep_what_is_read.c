/* With room for as few blocks as there are threads, and a hint whose block is still being decoded
 * long after it was given: the block that is being read is not the one that makes room for the next
 * hint. */
#include "packed/packed_blocks.h"

#include "t.h"

#include <pthread.h>
#include <string.h>

#define LEN (64u << 10)
#define N 16u
#define SLOW 5u

static struct {
	pthread_mutex_t mutex;
	pthread_cond_t opened;
	bool open;
} gate = { .mutex = PTHREAD_MUTEX_INITIALIZER, .opened = PTHREAD_COND_INITIALIZER };

static int decode(const void *ctx, const struct block *b, struct blocks_input *in, void *buf,
		  struct i2n_err *err)
{
	const uint32_t block = (uint32_t)(b->off / LEN);

	(void)ctx, (void)in, (void)err;
	pthread_mutex_lock(&gate.mutex);
	while (block == SLOW && !gate.open)
		pthread_cond_wait(&gate.opened, &gate.mutex);
	pthread_mutex_unlock(&gate.mutex);
	memset(buf, (int)block, b->len);
	return I2N_OK;
}

static const struct blocks_codec codec = { .name = "test", .decode = decode };

/* A page of it; those that were read before are kept elsewhere. */
static void read_page(struct i2n_source *src, uint32_t block, uint32_t page)
{
	unsigned char buf[4096];
	struct i2n_err err;

	T_EQ(i2n_source_pread(src, buf, sizeof(buf), (uint64_t)block * LEN + page * sizeof(buf),
			      &err), I2N_OK);
	T_EQ(buf[0], block);
	T_EQ(buf[sizeof(buf) - 1], block);
}

int main(void)
{
	struct i2n_source packed = { .size = N, .name = "test", .any_thread = true }, *src = NULL;
	const struct blocks_spec spec = { .codec = &codec, .packed = &packed, .n = N, .len = LEN,
					  .size = (uint64_t)N * LEN, .threads = 2, .held = 1 };
	struct i2n_err err;

	T_EQ(blocks_new(&spec, &src, &err), I2N_OK);
	i2n_source_willneed(src, (uint64_t)SLOW * LEN, 1);
	i2n_source_willneed(src, (uint64_t)9 * LEN, 1);	/* no room */
	for (uint32_t block = 0; block < 4; block++)
		for (uint32_t page = 0; page < 3; page++)
			read_page(src, block, page);
	pthread_mutex_lock(&gate.mutex);
	gate.open = true;
	pthread_cond_broadcast(&gate.opened);
	pthread_mutex_unlock(&gate.mutex);
	for (uint32_t block = 0; block < N; block++)
		read_page(src, block, 4);
	i2n_source_free(src);
	return t_end();
}
