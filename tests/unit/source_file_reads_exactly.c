/* A file source gives the file's bytes for any mix of sequential, near and random reads, and
 * refuses ranges past the end. The truth is the buffer the file was written from. */
#include "img2nfs/source.h"

#include "t.h"

#define SIZE ((size_t)3 << 20)

static uint32_t rnd_state;

static uint32_t rnd(void)
{
	rnd_state = rnd_state * 1664525u + 1013904223u;
	return rnd_state >> 8;
}

static void write_file(const unsigned char *want)
{
	FILE *f = fopen("f", "wb");

	T_OK(f && fwrite(want, 1, SIZE, f) == SIZE);
	T_OK(f && fclose(f) == 0);
}

static void read_randomly(struct i2n_source *src, const unsigned char *want, unsigned char *buf)
{
	static const uint32_t lens[] = { 1, 100, 4096, 65536, 200000, 700000 };
	size_t off = 0, len;
	unsigned i;

	for (i = 0; i < 3000 && !t_failures; i++) {
		struct i2n_err err = { 0 };

		len = 1 + rnd() % lens[rnd() % 6];
		switch (rnd() % 4) {
		case 0:
			off = rnd() % SIZE;
			break;
		case 1:
			off += rnd() % 100000;
			break;
		case 2:
			off -= off < 5000 ? off : rnd() % 5000;
			break;
		}
		off %= SIZE;
		if (len > SIZE - off)
			len = SIZE - off;
		T_EQ(i2n_source_pread(src, buf, len, off, &err), I2N_OK);
		T_MEM(buf, want + off, len);
		off += len;
	}
}

int main(int argc, char **argv)
{
	unsigned char *want = malloc(SIZE), *buf = malloc(SIZE);
	struct i2n_source *src = NULL, *slice = NULL;
	struct i2n_err err = { 0 };
	size_t i;

	rnd_state = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 0) : 42;
	printf("seed %u\n", rnd_state);
	if (!want || !buf)
		return 1;
	for (i = 0; i < SIZE; i++)
		want[i] = (unsigned char)rnd();
	write_file(want);

	T_EQ(i2n_source_open_file("f", &src, &err), I2N_OK);
	if (!src)
		return 1;
	T_EQ(src->size, SIZE);
	read_randomly(src, want, buf);

	T_EQ(i2n_source_pread(src, buf, 0, SIZE, &err), I2N_OK);
	T_EQ(i2n_source_pread(src, buf, 1, SIZE, &err), I2N_FATAL);
	T_STR(err.msg, "cannot read 1 bytes of 'f' at 3145728: it ends at 3145728");
	T_EQ(err.blame, I2N_BLAME_IMAGE);
	T_EQ(i2n_source_pread(src, buf, 2, UINT64_MAX, &err), I2N_FATAL);

	T_EQ(i2n_source_slice(src, 1000, 5000, &slice, &err), I2N_OK);
	read_randomly(src, want, buf);
	T_EQ(i2n_source_pread(slice, buf, 5000, 0, &err), I2N_OK);
	T_MEM(buf, want + 1000, 5000);
	T_EQ(i2n_source_pread(slice, buf, 5000, 1, &err), I2N_FATAL);
	T_EQ(slice->stats.reads, 1);
	T_EQ(slice->stats.bytes, 5000);
	i2n_source_free(slice);
	slice = NULL;
	T_EQ(i2n_source_slice(src, SIZE - 10, 11, &slice, &err), I2N_FATAL);
	T_HAS(err.msg, "it ends at 3145728");
	T_OK(!slice);

	i2n_source_free(src);
	i2n_source_free(NULL);
	free(want);
	free(buf);
	return t_end();
}
