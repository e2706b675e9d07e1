/* A seekable .zst is read at any offset, with and without checksums in its table, with an empty
 * frame among the others; damage is told by who reads it, and a table that contradicts the file
 * when it is opened. The frames are made by zstd, the table by hand after zstd's
 * contrib/seekable_format/zstd_seekable_compression_format.md. */
#include "packed_image.h"

#define FRAME 65536u
#define FRAMES (DATA_SIZE / FRAME)

static unsigned char file[2 * DATA_SIZE];
static size_t len, table_at;

static void le32(unsigned char *to, uint32_t v)
{
	for (unsigned i = 0; i < 4; i++)
		to[i] = (unsigned char)(v >> (8 * i));
}

static void put32(uint32_t v)
{
	le32(file + len, v);
	len += 4;
}

/* The low half of XXH64, as xxhsum prints it. */
static uint32_t checksum_of(const char *path)
{
	char line[200] = "", cmd[100];
	FILE *p;

	snprintf(cmd, sizeof(cmd), "xxhsum -H1 <%s", path);
	p = popen(cmd, "r");
	T_OK(p && fgets(line, sizeof(line), p));
	if (p)
		pclose(p);
	line[16] = '\0';
	return (uint32_t)strtoull(line, NULL, 16);
}

static void make(const unsigned char *data, bool sums)
{
	uint32_t sizes[FRAMES], checks[FRAMES];
	unsigned i;

	len = 0;
	for (i = 0; i < FRAMES; i++) {
		unsigned char *frame;
		size_t n;

		save_file("part", data + (size_t)i * FRAME, FRAME);
		T_OK(sh("zstd -q -f part -o part.zst"));
		frame = load_file("part.zst", &n);
		memcpy(file + len, frame, n);
		len += n;
		sizes[i] = (uint32_t)n;
		checks[i] = sums ? checksum_of("part") : 0;
		free(frame);
	}
	table_at = len;
	put32(0x184d2a5e);
	put32((FRAMES + 1) * (sums ? 12 : 8) + 9);
	for (i = 0; i < FRAMES; i++) {
		put32(sizes[i]);
		put32(FRAME);
		if (sums)
			put32(checks[i]);
		if (i == 3) {	/* nothing is in it, and it takes no room */
			put32(0);
			put32(0);
			if (sums)
				put32(0x51d8e999);
		}
	}
	put32(FRAMES + 1);
	file[len++] = sums ? 0x80 : 0;
	put32(0x8f92eab1);
	save_file("x.zst", file, len);
}

static void read_whole(const unsigned char *data)
{
	struct i2n_image *image = open_blocks("x.zst", 2, FRAMES);

	if (image)
		read_randomly(i2n_image_source(image), data, DATA_SIZE, 300);
	i2n_image_free(image);
}

/* Read a byte of the ninth frame. */
static void told(const char *what)
{
	struct i2n_image *image = open_blocks("x.zst", 2, FRAMES);
	struct i2n_err err = { 0 };
	unsigned char byte;

	if (!image)
		return;
	T_EQ(i2n_source_pread(i2n_image_source(image), &byte, 1, 8 * FRAME + 1, &err), I2N_FATAL);
	T_EQ(err.domain, I2N_DOM_PACKED);
	T_HAS(err.msg, "cannot read 'x.zst': its block 9 of 16, at ");
	T_HAS(err.msg, what);
	i2n_image_free(image);
}

static void refused(const char *what)
{
	struct i2n_err err = { 0 };
	struct i2n_image *image;

	save_file("x.zst", file, len);
	image = open_packed("x.zst", 2, &err);
	T_OK(!image);
	T_EQ(err.domain, I2N_DOM_PACKED);
	T_HAS(err.msg, "cannot read 'x.zst': the table of its frames is damaged: ");
	T_HAS(err.msg, what);
	i2n_image_free(image);
}

static void damage(void)
{
	/* of the ninth: one of an empty frame comes before */
	unsigned char *entry = file + table_at + 8 + 12 * 9, keep[12];

	memcpy(keep, entry, 12);
	le32(entry + 8, 0xdeadbeef);
	save_file("x.zst", file, len);
	told("its checksum in the table differs");
	memcpy(entry, keep, 12);
	le32(entry + 4, FRAME - 1);
	save_file("x.zst", file, len);
	told("Destination buffer is too small");
	le32(entry + 4, FRAME + 1);
	save_file("x.zst", file, len);
	told("it is not as large as the table says");
	memcpy(entry, keep, 12);

	le32(entry, 0xffffffff);
	refused("it does not describe the file");
	memcpy(entry, keep, 12);
	le32(file + table_at + 4, 5);
	refused("it is no skippable frame");
	le32(file + table_at + 4, (FRAMES + 1) * 12 + 9);
	le32(file + len - 9, 0xffffffff);
	refused("it is larger than the file");
	le32(file + len - 9, FRAMES);
	refused("it is no skippable frame");
	le32(file + len - 9, FRAMES + 1);
	file[len - 5] = 0x84;
	refused("reserved bits are set");
	file[len - 5] = 0x80;
}

/* One frame of terabytes: not ours, and told by who unpacks it as a stream. */
static void huge(void)
{
	struct i2n_err err = { 0 };
	struct i2n_image *image;
	unsigned i;

	for (i = 0; i <= FRAMES; i++)
		le32(file + table_at + 8 + 12 * i + 4, 0xfffffff0);
	save_file("x.zst", file, len);
	image = open_packed("x.zst", 2, &err);
	if (image)
		T_EQ(i2n_image_source(image)->stats.n_blocks, 0);
	i2n_image_free(image);
}

int main(void)
{
	unsigned char *data = make_data();

	if (!I2N_PACKED)
		return t_skip("built without compressed images");
	if (!sh("command -v zstd xxhsum >/dev/null"))
		return t_skip("zstd or xxhsum is not installed");
	make(data, false);
	read_whole(data);
	make(data, true);
	read_whole(data);
	damage();
	huge();
	free(data);
	return t_end();
}
