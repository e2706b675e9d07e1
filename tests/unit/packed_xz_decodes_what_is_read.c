/* Only blocks that are read, or announced by willneed(), are decoded; what is held is not decoded
 * again, and small reads stay for good. 16 blocks of 64 KiB are in the file. */
#include "packed_image.h"

#define BLOCK 65536u

static unsigned char buf[DATA_SIZE];

static void get(struct i2n_source *src, const unsigned char *data, uint64_t off, size_t len)
{
	struct i2n_err err = { 0 };

	T_EQ(i2n_source_pread(src, buf, len, off, &err), I2N_OK);
	T_MEM(buf, data + off, len);
}

static void count(const unsigned char *data, unsigned threads)
{
	struct i2n_image *image = open_blocks("x.xz", threads, 16);
	struct i2n_source *src;

	if (!image)
		return;
	src = i2n_image_source(image);
	/* the search for the image's type reads the packed file only */
	T_EQ(src->stats.blocks, 0);
	get(src, data, 5 * BLOCK + 7, 100);
	T_EQ(src->stats.blocks, 1);
	get(src, data, 5 * BLOCK, BLOCK);
	T_EQ(src->stats.blocks, 1);
	get(src, data, 6 * BLOCK - 1, 2);
	T_EQ(src->stats.blocks, 2);
	i2n_source_willneed(src, 9 * BLOCK, 1);
	i2n_source_willneed(src, 9 * BLOCK + 5, BLOCK - 5);
	T_EQ(src->stats.blocks, 3);
	get(src, data, 9 * BLOCK, BLOCK);
	T_EQ(src->stats.blocks, 3);
	i2n_source_willneed(src, 10 * BLOCK - 1, 2 * BLOCK);
	get(src, data, 10 * BLOCK, 2 * BLOCK);
	T_EQ(src->stats.blocks, 5);
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

	T_OK(zero && sh("head -c 2457600 /dev/zero | xz -0 --block-size=4096 >z.xz"));
	image = open_blocks("z.xz", 2, 600);
	if (!image || !zero)
		return;
	src = i2n_image_source(image);
	get(src, zero, 100, 28);
	for (i = 0; i < 600; i++)
		T_EQ(i2n_source_pread(src, zero, 4096, i << 12, NULL), I2N_OK);
	T_EQ(src->stats.blocks, 600);
	get(src, zero, 100, 28);
	get(src, zero, 0, 4096);
	T_EQ(src->stats.blocks, 600);
	/* a large read of what was thrown out long ago */
	T_EQ(i2n_source_pread(src, zero, 300000, 0, NULL), I2N_OK);
	T_OK(src->stats.blocks > 600);
	free(zero);
	i2n_image_free(image);
}

int main(void)
{
	unsigned char *data = make_data();

	if (!I2N_PACKED)
		return t_skip("built without compressed images");
	T_OK(sh("xz -T2 --block-size=65536 -1 -c data >x.xz"));
	count(data, 1);
	count(data, 3);
	count_again();
	free(data);
	return t_end();
}
