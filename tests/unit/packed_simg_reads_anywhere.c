/* An Android sparse image is read at any offset: raw, filled and empty chunks, with larger headers
 * than needed and a CRC chunk; chunks that contradict each other, the header or the file are told.
 * Made by hand after AOSP's sparse_format.h; where simg2img and img2simg are here, they agree. */
#include "packed_image.h"

static unsigned char file[2 * DATA_SIZE];
static size_t len;

static void le(unsigned bytes, uint64_t v)
{
	while (bytes--) {
		file[len++] = (unsigned char)v;
		v >>= 8;
	}
}

static void header(unsigned size, unsigned chunk_size, uint32_t blocks, uint32_t chunks)
{
	len = 0;
	le(4, 0xed26ff3a);
	le(2, 1);
	le(2, 0);
	le(2, size);
	le(2, chunk_size);
	le(4, 4096);
	le(4, blocks);
	le(4, chunks);
	le(4, 0);
	while (len < size)
		le(1, 0xee);
}

static void chunk(unsigned type, uint32_t blocks, unsigned header_size, uint32_t data)
{
	size_t start = len;

	le(2, type);
	le(2, 0);
	le(4, blocks);
	le(4, header_size + data);
	while (len < start + header_size)
		le(1, 0xee);
}

/* 256 blocks: 100 as they are, 50 of a word, 6 of nothing, 100 as they are. */
static void make(unsigned char *data, unsigned size, unsigned chunk_size)
{
	size_t i;

	for (i = 100 * 4096; i < 150 * 4096; i++)
		data[i] = "\x01\x02\x03\x04"[i % 4];
	memset(data + 150 * 4096, 0, 6 * 4096);
	header(size, chunk_size, 256, 6);
	chunk(0xcac1, 100, chunk_size, 100 * 4096);
	memcpy(file + len, data, 100 * 4096);
	len += 100 * 4096;
	chunk(0xcac4, 0, chunk_size, 4);
	le(4, 0x12345678);
	chunk(0xcac2, 50, chunk_size, 4);
	le(4, 0x04030201);
	chunk(0xcac3, 0, chunk_size, 0);
	chunk(0xcac3, 6, chunk_size, 0);
	chunk(0xcac1, 100, chunk_size, 100 * 4096);
	memcpy(file + len, data + 156 * 4096, 100 * 4096);
	len += 100 * 4096;
	save_file("x.simg", file, len);
}

static void read_whole(const unsigned char *data)
{
	struct i2n_image *image = open_blocks("x.simg", 0, 0);

	if (image)
		read_randomly(i2n_image_source(image), data, DATA_SIZE, 1000);
	i2n_image_free(image);
}

static void refused(const char *what)
{
	struct i2n_err err = { 0 };
	struct i2n_image *image;

	save_file("x.simg", file, len);
	image = open_packed("x.simg", 0, &err);
	T_OK(!image);
	T_EQ(err.domain, I2N_DOM_PACKED);
	T_HAS(err.msg, "cannot read 'x.simg': the Android sparse image is damaged: ");
	T_HAS(err.msg, what);
	i2n_image_free(image);
}

static void damage(unsigned char *data)
{
	make(data, 28, 12);
	len--;
	refused("it is cut short: the file ends in a chunk");
	len = 28 + 5;
	refused("it is cut short: chunks are missing");
	len = 20;
	refused("it ends in its header");

	header(28, 12, 0, 1);
	refused("no blocks are named");
	header(28, 11, 1, 1);
	refused("headers too small");
	header(27, 12, 1, 1);
	refused("headers too small");
	header(28, 12, 1, 0xffffffff);
	refused("too many chunks");
	header(28, 12, 1, 1);
	file[12] = 2;
	refused("an impossible block size");

	header(28, 12, 3, 1);
	chunk(0xcac3, 2, 12, 0);
	refused("blocks are missing");
	header(28, 12, 3, 2);
	chunk(0xcac3, 2, 12, 0);
	chunk(0xcac3, 2, 12, 0);
	refused("a chunk beyond the end");
	header(28, 12, 3, 1);
	chunk(0xcac3, 0xffffffff, 12, 0);
	refused("a chunk beyond the end");
	header(28, 12, 3, 1);
	chunk(0xcac1, 3, 12, 3);
	refused("whose sizes contradict");
	header(28, 12, 0xffffffff, 1);
	chunk(0xcac1, 0xffffffff, 12, 0xfffff000);
	refused("ends in a chunk");
	header(28, 12, 3, 1);
	chunk(0xcac4, 3, 12, 4);
	refused("an impossible chunk");
	header(28, 12, 3, 1);
	chunk(0xcac5, 3, 12, 0);
	refused("an impossible chunk");
}

int main(void)
{
	unsigned char *data = make_data();

	make(data, 40, 20);
	read_whole(data);
	make(data, 28, 12);
	read_whole(data);
	if (sh("command -v simg2img img2simg >/dev/null")) {
		save_file("data", data, DATA_SIZE);
		/* its CRC is made up */
		T_OK(sh("img2simg data x.simg && simg2img x.simg x.raw && cmp x.raw data"));
		read_whole(data);
	}
	damage(data);
	free(data);
	return t_end();
}
