/* packed_image.h - a file of known bytes, packed by the formats' own tools, and read back through
 * i2n_image_open(). */
#ifndef TESTS_PACKED_IMAGE_H
#define TESTS_PACKED_IMAGE_H

#include "img2nfs/packed.h"

#include "t.h"

#define DATA_SIZE ((size_t)1 << 20)

/* Run by the shell in the test's folder; false when it fails. */
static inline bool sh(const char *command)
{
	fflush(stdout);
	return system(command) == 0;
}

/* DATA_SIZE bytes that can be packed somewhat, also as file "data". */
static inline unsigned char *make_data(void)
{
	unsigned char *data = malloc(DATA_SIZE);
	uint32_t state = 42;
	size_t i;
	FILE *f = fopen("data", "wb");

	for (i = 0; data && i < DATA_SIZE; i++) {
		state = state * 1664525u + 1013904223u;
		data[i] = (unsigned char)(i % 5 ? i >> 8 : state >> 24);
	}
	T_OK(data && f && fwrite(data, 1, DATA_SIZE, f) == DATA_SIZE);
	T_OK(f && fclose(f) == 0);
	return data;
}

static inline struct i2n_image *open_packed(const char *path, unsigned threads, struct i2n_err *err)
{
	struct i2n_image_opts opts = { .threads = threads };
	struct i2n_image *image = NULL;

	if (i2n_image_open(path, &opts, &image, err) != I2N_OK)
		return NULL;
	return image;
}

/* Opened, with blocks of its own; NULL is a failed check. */
static inline struct i2n_image *open_blocks(const char *path, unsigned threads, uint64_t n_blocks)
{
	struct i2n_err err = { 0 };
	struct i2n_image *image = open_packed(path, threads, &err);

	if (!image)
		fprintf(stderr, "%s: %s\n", path, err.msg);
	T_OK(image);
	if (image)
		T_EQ(i2n_image_source(image)->stats.n_blocks, n_blocks);
	return image;
}

/* Reads of all sizes, in order and anywhere. */
static inline void read_randomly(struct i2n_source *src, const unsigned char *want, size_t size,
				 unsigned reads)
{
	static const uint32_t lens[] = { 1, 100, 4096, 65536, 200000, 700000 };
	unsigned char *buf = malloc(size);
	uint32_t state = 7;
	size_t off = 0, len;
	unsigned i;

	T_EQ(src->size, size);
	for (i = 0; buf && src->size == size && i < reads && !t_failures; i++) {
		struct i2n_err err = { 0 };

		state = state * 1664525u + 1013904223u;
		len = 1 + (state >> 8) % lens[(state >> 4) % 6];
		if (state >> 30)
			off = (state >> 6) % size;
		off %= size;
		if (len > size - off)
			len = size - off;
		if (state >> 28 == 5)
			i2n_source_willneed(src, off, len);
		T_EQ(i2n_source_pread(src, buf, len, off, &err), I2N_OK);
		T_MEM(buf, want + off, len);
		off += len;
	}
	free(buf);
}

/* The file's bytes; *ret_len of them. */
static inline unsigned char *load_file(const char *path, size_t *ret_len)
{
	FILE *f = fopen(path, "rb");
	unsigned char *buf = malloc(4 * DATA_SIZE);

	*ret_len = f && buf ? fread(buf, 1, 4 * DATA_SIZE, f) : 0;
	T_OK(*ret_len);
	if (f)
		(void)fclose(f);	/* only read from */
	return buf;
}

static inline void save_file(const char *path, const void *buf, size_t len)
{
	FILE *f = fopen(path, "wb");

	T_OK(f && fwrite(buf, 1, len, f) == len);
	T_OK(f && fclose(f) == 0);
}

#endif
