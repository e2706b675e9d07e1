/* An .xz of several blocks is read at any offset: of one stream, of several with padding between
 * them and behind, with an empty one among them, with each kind of check, by pixz where it is here;
 * with one thread and with several. The truth is the file it was made of. */
#include "packed_image.h"

static const struct {
	const char *make;
	unsigned blocks;
} files[] = {
	{ "xz -T2 --block-size=65536 -1 -c data >x.xz", 16 },
	{ "xz -T1 --block-size=70001 -1 -c data >x.xz", 15 },
	{ "xz --block-size=65536 --check=sha256 -1 -c data >x.xz", 16 },
	{ "xz --block-size=65536 --check=crc32 -1 -c data >x.xz", 16 },
	{ "xz --block-size=65536 --check=none -1 -c data >x.xz", 16 },
	{ "xz --block-size=65536 --x86 --lzma2=preset=1 -c data >x.xz", 16 },
	/* small enough to be decoded as a whole */
	{ "xz -1 -c data >x.xz", 1 },
	{ "{ head -c 500000 data | xz --block-size=65536 -1 -C sha256 && head -c 8 /dev/zero &&"
	  " xz </dev/null && tail -c +500001 data | xz -1 && head -c 4100 /dev/zero; } >x.xz", 9 },
};

static void read_all(const unsigned char *data, unsigned blocks)
{
	unsigned threads;

	for (threads = 1; threads <= 4; threads += 3) {
		struct i2n_image *image = open_blocks("x.xz", threads, blocks);

		if (image)
			read_randomly(i2n_image_source(image), data, DATA_SIZE, 150);
		i2n_image_free(image);
	}
}

int main(void)
{
	unsigned char *data = make_data();
	size_t i;

	if (!I2N_PACKED)
		return t_skip("built without compressed images");
	for (i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		T_OK(sh(files[i].make));
		read_all(data, files[i].blocks);
	}
	/* blocks of 64 KiB come after its own small file table, which it leaves out with -t */
	if (sh("command -v pixz >/dev/null && pixz -t -1 -f 0.0625 data x.xz")) {
		struct i2n_err err = { 0 };
		struct i2n_image *image = open_packed("x.xz", 2, &err);

		T_OK(image);
		if (image) {
			T_OK(i2n_image_source(image)->stats.n_blocks > 1);
			read_randomly(i2n_image_source(image), data, DATA_SIZE, 150);
		}
		i2n_image_free(image);
	}
	free(data);
	return t_end();
}
