/* A damaged block is one error of domain PACKED for whoever reads it, and no error for others; each
 * possible end of a file that is cut short, and bytes appended, are told when it is opened. */
#include "packed_image.h"

static unsigned char buf[DATA_SIZE];

static int read_at(struct i2n_image *image, uint64_t off, struct i2n_err *err)
{
	*err = (struct i2n_err){ 0 };
	return i2n_source_pread(i2n_image_source(image), buf, 10, off, err);
}

/* Flip one bit in the middle of the 9th of 16 blocks. */
static void flip(unsigned char *xz, size_t len, const unsigned char *data)
{
	struct i2n_image *image;
	struct i2n_err err;

	xz[len * 17 / 32] ^= 4;
	save_file("x.xz", xz, len);
	xz[len * 17 / 32] ^= 4;
	image = open_blocks("x.xz", 2, 16);
	if (!image)
		return;
	i2n_source_willneed(i2n_image_source(image), 7 * 65536, 3 * 65536);
	T_EQ(read_at(image, 7 * 65536, &err), I2N_OK);
	T_MEM(buf, data + 7 * 65536, 10);
	T_EQ(read_at(image, 8 * 65536 + 5, &err), I2N_FATAL);
	T_EQ(err.domain, I2N_DOM_PACKED);
	T_EQ(err.blame, I2N_BLAME_IMAGE);
	T_HAS(err.msg, "cannot read 'x.xz': its block 9 of 16, at ");
	T_HAS(err.msg, ", is damaged: LZMA_DATA_ERROR");
	T_HAS(err.hint, "again");
	T_EQ(read_at(image, 8 * 65536 + 5, &err), I2N_FATAL);
	T_HAS(err.msg, "its block 9 of 16");
	T_EQ(read_at(image, 9 * 65536, &err), I2N_OK);
	T_MEM(buf, data + 9 * 65536, 10);
	i2n_image_free(image);
}

static void refused(const unsigned char *xz, size_t len)
{
	struct i2n_err err = { 0 };
	struct i2n_image *image;

	save_file("x.xz", xz, len);
	image = open_packed("x.xz", 2, &err);
	T_OK(!image);
	T_EQ(err.domain, I2N_DOM_PACKED);
	T_HAS(err.msg, "cannot read 'x.xz': ");
	i2n_image_free(image);
}

static void cut_and_append(unsigned char *xz, size_t len)
{
	size_t n;

	/* from inside the index on, then in larger steps */
	for (n = len - 1; n > 100; n -= n > len - 150 ? 1 : 4999) {
		refused(xz, n);
		if (n <= 5100)
			break;
	}
	memcpy(xz + len, "abcdefgh", 8);
	refused(xz, len + 8);
	memset(xz + len, 0, 8);
	refused(xz, len + 3);
	xz[0] = 'x';
	memcpy(xz + len, xz, len);
	/* the second stream has no header */
	xz[0] = 0xfd;
	refused(xz, 2 * len);
}

int main(void)
{
	unsigned char *data = make_data(), *xz;
	size_t len;

	if (!I2N_PACKED)
		return t_skip("built without compressed images");
	T_OK(sh("xz --block-size=65536 -1 -c data >good.xz"));
	xz = load_file("good.xz", &len);
	if (len && len < 2 * DATA_SIZE) {
		flip(xz, len, data);
		cut_and_append(xz, len);
	}
	free(data);
	free(xz);
	return t_end();
}
