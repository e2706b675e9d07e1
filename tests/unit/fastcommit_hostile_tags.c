/* Fast commits whose checksums are right and whose content is nonsense: random tags about few
 * inodes end in a tree or in an error, never in a crash. Seed: argv[1]. */
#include "t.h"

#include <sys/types.h>

#include <ext2fs/ext2fs.h>

#include "img2nfs/fs.h"

#include "ext4/journal.h"

#define BLOCK 1024u
#define AREA 16u			/* blocks of tags */

static uint64_t state;

static uint32_t rnd(uint32_t n)
{
	state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)(state >> 33) % n;
}

static void put16(unsigned char *p, uint32_t v)
{
	p[0] = (unsigned char)v;
	p[1] = (unsigned char)(v >> 8);
}

static void put32(unsigned char *p, uint32_t v)
{
	put16(p, v);
	put16(p + 2, v >> 16);
}

static uint32_t some_ino(void)
{
	return rnd(20) ? 2 + 9 * rnd(2) + rnd(8) : rnd(UINT32_MAX);
}

static uint32_t some_number(void)
{
	static const uint32_t special[] = {
		0, 1, 5, 12, 32768, 0x7fffffff, 0x80000000u, 0xffffffffu
	};

	return rnd(4) ? rnd(3000) : special[rnd(8)];
}

/* An inode with a plausible type, flags and link count, the rest random. */
static uint32_t fill_inode(unsigned char *v)
{
	static const uint16_t modes[] = { 0100644, 0040755, 0120777, 0020600, 0 };
	static const uint32_t flags[] = { 0x80000, 0x80000, 0x10000000, 0, 0x81000 };
	uint32_t i, len = rnd(2) ? 128 : 256;

	put32(v, some_ino());
	for (i = 0; i < len; i++)
		v[4 + i] = (unsigned char)(rnd(3) ? 0 : rnd(256));
	put16(v + 4, modes[rnd(5)]);
	put32(v + 4 + 4, some_number());
	put16(v + 4 + 0x1a, rnd(4));
	put32(v + 4 + 0x20, flags[rnd(5)]);
	put16(v + 4 + 0x80, 32);
	return 4 + len;
}

static uint32_t fill_value(unsigned tag, unsigned char *v)
{
	uint32_t n;

	switch (tag) {
	case 1:
		put32(v, some_ino());
		put32(v + 4, some_number());
		put16(v + 8, some_number());
		put16(v + 10, rnd(30) ? 0 : 0xffff);
		put32(v + 12, rnd(16384));
		return 16;
	case 2:
		put32(v, some_ino());
		put32(v + 4, some_number());
		put32(v + 8, some_number());
		return 12;
	case 6:
		return fill_inode(v);
	}
	put32(v, some_ino());
	put32(v + 4, some_ino());
	n = 1 + rnd(rnd(10) ? 2 : 255);
	memset(v + 8, rnd(20) ? 'a' + (int)rnd(3) : (int)rnd(256), n);
	return 8 + n;
}

/* One fast commit over the whole area. */
static void fill_area(unsigned char *area, uint32_t tid)
{
	uint32_t blk, off, len, crc = 0;
	unsigned char value[600];

	memset(area, 0, AREA * BLOCK);
	for (blk = 0; blk < AREA; blk++) {
		unsigned char *b = area + blk * BLOCK;

		off = 0;
		if (!blk) {
			put16(b, 9);
			put16(b + 2, 8);
			put32(b + 8, tid);
			off = 12;
		}
		for (;;) {
			unsigned tag = 1 + rnd(6);

			len = fill_value(tag, value);
			if (off + 4 + len + 4 + 12 > BLOCK)
				break;
			put16(b + off, tag);
			put16(b + off + 2, len);
			memcpy(b + off + 4, value, len);
			off += 4 + len;
		}
		put16(b + off, blk + 1 < AREA ? 7 : 8);
		put16(b + off + 2, BLOCK - off - 4);
		if (blk + 1 < AREA) {
			crc = ext2fs_crc32c_le(crc, b, BLOCK);
			continue;
		}
		put32(b + off + 4, tid);
		put32(b + off + 8, ext2fs_crc32c_le(crc, b, off + 8));
	}
}

static unsigned char *slurp(const char *path, size_t *len)
{
	FILE *f = fopen(path, "rb");
	unsigned char *p;

	if (!f || fseek(f, 0, SEEK_END))
		return NULL;
	*len = (size_t)ftell(f);
	rewind(f);
	p = malloc(*len);
	if (p && fread(p, 1, *len, f) != *len)
		p = NULL;
	(void)fclose(f);	/* only read from */
	return p;
}

static void put_be32(unsigned char *p, uint32_t v)
{
	p[0] = (unsigned char)(v >> 24);
	p[1] = (unsigned char)(v >> 16);
	p[2] = (unsigned char)(v >> 8);
	p[3] = (unsigned char)v;
}

/* Do to the journal superblock what the kernel does when it mounts: the last 256 blocks are for
 * fast commits, and one block stays free between. Returns where they begin in the image. */
static size_t enable_fast(unsigned char *img)
{
	unsigned long first = 0, total = 0;
	FILE *f = fopen("place", "r");
	unsigned char *sb;

	/* the journal is contiguous, as mke2fs makes it */
	if (!f || fscanf(f, "%lu %lu", &total, &first) != 2 || total < 1024 + 256)
		return 0;
	(void)fclose(f);	/* only read from */
	sb = img + first * BLOCK;
	sb[0x2b] |= 0x20;
	put_be32(sb + 0x10, (uint32_t)total);
	put_be32(sb + 0x54, 256);
	put_be32(sb + 0xfc, 0);
	put_be32(sb + 0xfc, ext2fs_crc32c_le(~0u, sb, 1024));
	return (first + total - 256 + 1) * BLOCK;
}

struct seen {
	unsigned commits, left_out;
};

static void on_note(void *ctx, const struct i2n_note *note)
{
	struct seen *seen = ctx;

	seen->commits += strstr(note->text, "1 fast commit in memory") != NULL;
	seen->left_out += strstr(note->text, "of the fast commits") != NULL;
}

static void run_once(const unsigned char *img, size_t len, struct seen *seen)
{
	struct i2n_fs_opts opts = { .journal = I2N_JOURNAL_REPLAY };
	struct i2n_notes notes = { .fn = on_note, .ctx = seen };
	struct i2n_err err = { .msg = "" };
	struct i2n_source *src;
	struct i2n_tree *tree;
	struct i2n_fs *fs;

	if (i2n_source_mem(img, len, &src, &err))
		abort();
	if (i2n_fs_open(src, &opts, &notes, &fs, &err) == I2N_OK) {
		if (i2n_fs_tree(fs, &tree, &err) == I2N_OK)
			i2n_tree_free(tree);
		else
			T_OK(err.msg[0]);
		i2n_fs_free(fs);
	} else {
		T_OK(err.msg[0]);
	}
	i2n_source_free(src);
}

int main(int argc, char **argv)
{
	struct seen seen = { 0 };
	unsigned char *img;
	size_t len, at;
	unsigned i;

	state = argc > 1 ? strtoull(argv[1], NULL, 0) : 1;
	printf("seed %" PRIu64 "\n", state);
	/* one full transaction */
	if (system("mkdir -p d/e && echo x >d/f && echo y >d/e/g && mke2fs -q -F -t ext4 -b 1024 "
		   "-O fast_commit"
		   " -J size=2 -d d img 16384 >log 2>&1 &&"
		   " printf 'jo -c\njw -b 9000 /dev/zero\njc\n' | debugfs -w -f - img >log 2>&1 &&"
		   " debugfs -R 'blocks <8>' img 2>/dev/null | wc -w >place &&"
		   " debugfs -R 'blocks <8>' img 2>/dev/null >>place"))
		return t_skip("mke2fs or debugfs cannot make the image");
	img = slurp("img", &len);
	T_OK(img != NULL);
	if (!img)
		return t_end();
	at = enable_fast(img);
	if (!at)
		return t_skip("cannot see where the journal lies");
	for (i = 0; i < 300; i++) {
		fill_area(img + at, 2);
		run_once(img, len, &seen);
	}
	printf("%u of 300 were replayed, %u had tags that do not fit\n", seen.commits,
	       seen.left_out);
	T_OK(seen.commits > 150);
	T_OK(seen.left_out > 10);
	free(img);
	return t_end();
}
