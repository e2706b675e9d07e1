/* Ranges of a fragmented file come in order, whatever their largest length, also after a rewind;
 * their bytes can be read later, in any order and in any pieces. Truth: debugfs dump, and the file
 * that the image was made from. */
#include "fs_image.h"

#define SIZE 3000123

static unsigned char want[SIZE], got[SIZE];

struct list {
	struct i2n_range r[20000];
	size_t n;
};

static void gather(struct i2n_reader *r, struct i2n_file *f, uint64_t max, struct list *l)
{
	struct i2n_err err;
	uint64_t end = 0;
	int rc;

	for (l->n = 0; !(rc = r->ops->next(f, max, &l->r[l->n], &err)); l->n++) {
		T_OK(l->r[l->n].len > 0 && l->r[l->n].len <= max);
		T_OK(l->r[l->n].off >= end);
		end = l->r[l->n].off + l->r[l->n].len;
		T_OK(end <= SIZE);
		if (t_failures || l->n + 1 == sizeof(l->r) / sizeof(l->r[0]))
			break;
	}
	T_EQ(rc, I2N_END);
	T_EQ(r->ops->next(f, max, &l->r[l->n], &err), I2N_END);
}

/* Read all ranges, the last first, in pieces. */
static void read_back(struct i2n_reader *r, struct i2n_file *f, const struct list *l, size_t piece)
{
	struct i2n_err err;
	size_t i;

	memset(got, 0, SIZE);
	for (i = l->n; i--;) {
		uint64_t off = l->r[i].off, end = off + l->r[i].len;

		while (off < end) {
			size_t n = end - off < piece ? (size_t)(end - off) : piece;

			T_EQ(r->ops->read(f, got + off, n, off, &err), I2N_OK);
			off += n;
		}
	}
	T_MEM(got, want, SIZE);
}

static void check_file(struct image *im, const char *path)
{
	static const uint64_t maxima[] = { 1 << 20, 65536, 5000, 333 };
	static struct list a, b;
	struct i2n_reader *r = i2n_fs_reader(im->fs);
	struct i2n_file *f;
	size_t i;

	for (i = 0; i < sizeof(maxima) / sizeof(maxima[0]) && !t_failures; i++) {
		T_EQ(r->ops->open(r, image_at(im, path), &f, &im->err), I2N_OK);
		gather(r, f, maxima[i], &a);
		read_back(r, f, &a, 777);
		T_EQ(r->ops->rewind(f, &im->err), I2N_OK);
		gather(r, f, maxima[i], &b);
		T_EQ(b.n, a.n);
		T_MEM(b.r, a.r, a.n * sizeof(a.r[0]));
		read_back(r, f, &b, 100000);
		r->ops->close(f);
	}
}

/* A file with holes of all lengths; two such files written by turns lie scattered on the medium. */
static void make(void)
{
	FILE *f = fopen("file", "wb");
	unsigned long x = 1;
	size_t i;

	for (i = 0; i < SIZE; i++) {
		if (i % 1024 == 0)
			x = x * 1103515245 + 12345;
		want[i] = x >> 16 & 3 ? (unsigned char)(i * 7 + (i >> 10) + 1) : 0;
	}
	T_OK(f && fwrite(want, 1, SIZE, f) == SIZE && !fclose(f));
}

static void check(const char *options)
{
	struct image im;

	run("rm -rf img src; mkdir src; cp --sparse=always file src/file; mke2fs -q -F -b 1024 %s "
	    "-d src img 8m",
	    options);
	run("debugfs -w -R 'write file copy' img >/dev/null 2>&1; debugfs -R 'dump copy out' img "
	    "2>/dev/null; cmp file out");
	T_EQ(image_open(&im, "img", NULL), I2N_OK);
	check_file(&im, "file");
	check_file(&im, "copy");
	if (t_failures)
		fprintf(stderr, "with: %s\n", options);
	image_close(&im);
}

int main(void)
{
	make();
	check("-t ext4 -O ^has_journal");
	check("-t ext2");
	check("-t ext4 -O ^has_journal,bigalloc -C 4096");
	return t_end();
}
