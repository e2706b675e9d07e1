/* Only blocks that are read, or announced by willneed(), are decoded; what is held is not decoded
 * again, and small reads stay for good, and what was asked for. 64 blocks of 64 KiB are in the file; what looks for a file
 * system in it reads some in the first and the last quarter. */
#include "packed_image.h"

#define BLOCK 65536u

static unsigned char buf[DATA_SIZE];

static void get(struct i2n_source *src, const unsigned char *data, uint64_t off, size_t len)
{
	struct i2n_err err = { 0 };

	T_EQ(i2n_source_pread(src, buf, len, off, &err), I2N_OK);
	T_MEM(buf, data + off % DATA_SIZE, len);
}

static void count(const unsigned char *data, unsigned threads)
{
	struct i2n_image *image = open_blocks("x.xz", threads, 64);
	struct i2n_source *src;
	uint64_t before;

	if (!image)
		return;
	src = i2n_image_source(image);
	before = src->stats.blocks;
	T_OK(before <= 32);
	get(src, data, 21 * BLOCK + 7, 100);
	T_EQ(src->stats.blocks - before, 1);
	get(src, data, 21 * BLOCK, BLOCK);
	T_EQ(src->stats.blocks - before, 1);
	get(src, data, 22 * BLOCK - 1, 2);
	T_EQ(src->stats.blocks - before, 2);
	i2n_source_willneed(src, 25 * BLOCK, 1);
	i2n_source_willneed(src, 25 * BLOCK + 5, BLOCK - 5);
	T_EQ(src->stats.blocks - before, 3);
	get(src, data, 25 * BLOCK, BLOCK);
	T_EQ(src->stats.blocks - before, 3);
	i2n_source_willneed(src, 26 * BLOCK - 1, 2 * BLOCK);
	get(src, data, 26 * BLOCK, 2 * BLOCK);
	T_EQ(src->stats.blocks - before, 5);
	i2n_image_free(image);
}

/* What does not fit is decoded again, but for the pages of small reads. Blocks of 24 MiB would need
 * a large file: instead, a file of many more blocks than are ever held (256). */
static void count_again(void)
{
	size_t size = (size_t)600 << 12, i;
	unsigned char *zero = calloc(1, size);
	struct i2n_image *image;
	struct i2n_source *src;
	uint64_t before;

	T_OK(zero && sh("head -c 2457600 /dev/zero | xz -0 --block-size=4096 >z.xz"));
	image = open_blocks("z.xz", 2, 600);
	if (!image || !zero)
		return;
	src = i2n_image_source(image);
	get(src, zero, 100, 28);
	for (i = 0; i < 600; i++)
		T_EQ(i2n_source_pread(src, zero, 4096, i << 12, NULL), I2N_OK);
	before = src->stats.blocks;
	T_OK(before >= 600);
	get(src, zero, 100, 28);
	get(src, zero, 0, 4096);
	T_EQ(src->stats.blocks, before);
	free(zero);
	i2n_image_free(image);
}

#define LARGE 300000u

/* Of large reads only what somebody asked for is kept, and it is when its block is decoded for
 * another's sake, too. */
static void keep_wanted(void)
{
	unsigned char *to = malloc(LARGE);
	struct i2n_image *image = open_blocks("z.xz", 2, 600);
	struct i2n_source *src;
	uint64_t before, off;

	T_OK(to != NULL);
	if (!image || !to)
		return;
	src = i2n_image_source(image);
	i2n_source_keep(src, 100 << 12, LARGE);
	for (off = 0; off + LARGE <= src->size; off += LARGE)
		T_EQ(i2n_source_pread(src, to, LARGE, off, NULL), I2N_OK);
	before = src->stats.blocks;
	T_EQ(i2n_source_pread(src, to, LARGE, 100 << 12, NULL), I2N_OK);
	T_EQ(src->stats.blocks, before);
	T_EQ(i2n_source_pread(src, to, LARGE, 10 << 12, NULL), I2N_OK);
	T_OK(src->stats.blocks > before);
	free(to);
	i2n_image_free(image);
}

int main(void)
{
	unsigned char *data = make_data();

	if (!I2N_PACKED)
		return t_skip("built without compressed images");
	T_OK(sh("cat data data data data | xz -T2 --block-size=65536 -1 >x.xz"));
	count(data, 1);
	count(data, 3);
	count_again();
	keep_wanted();
	free(data);
	return t_end();
}
