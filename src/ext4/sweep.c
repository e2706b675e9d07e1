#include "img2nfs/source.h"

#include "ext4.h"

#include <stdlib.h>

#define SWEEP_BYTES (1u << 20)	/* one read */

static int cmp_blocks(const void *ctx, const void *a, const void *b)
{
	const struct load_block *x = a, *y = b;

	(void)ctx;
	return (x->blk > y->blk) - (x->blk < y->blk);
}

/* How many elements from i on lie in one read of at most max blocks. */
static size_t batch(const struct load_block *b, size_t i, size_t n, uint64_t max, uint64_t gap)
{
	size_t j = i + 1;

	while (j < n && b[j].blk - b[j - 1].blk <= gap && b[j].blk - b[i].blk < max)
		j++;
	return j - i;
}

/* Tell of the elements that are read after element `next`: as far ahead as the source likes to know
 * and of the next one in any case. *told is the first one of which it was not told. */
static void look_ahead(struct ahead *a, const struct i2n_fs *fs, const struct load_block *b,
		       size_t next, size_t n, size_t *told)
{
	const unsigned bits = fs->block_bits;

	if (*told < next)
		*told = next;
	for (; *told < n && (b[*told].blk - b[next].blk < fs->src->ahead >> bits || *told == next);
	     ++*told)
		ahead_tell(a, b[*told].blk << bits, fs->sb.block_size);
}

int ext4_sweep(struct load *l, struct load_block *blocks, size_t n, ext4_sweep_fn *fn,
	       struct i2n_err *err)
{
	const unsigned bits = l->fs->block_bits;
	const uint64_t max = SWEEP_BYTES >> bits;
	/* what lies between may be left out of a stream */
	const uint64_t gap = (l->fs->src->is_stream ? 0 : AHEAD_GAP >> bits) + 1;
	struct ahead ahead = { .src = l->fs->src };
	unsigned char *buf;
	size_t i, k, j, told = 0;
	int rc = I2N_OK;

	if (!n)
		return I2N_OK;
	if (!ext4_sort(blocks, n, sizeof(*blocks), cmp_blocks, NULL))
		return i2n_err_nomem(err);
	buf = malloc(SWEEP_BYTES);
	if (!buf)
		return i2n_err_nomem(err);
	for (i = 0; i < n && !rc; i += k) {
		k = batch(blocks, i, n, max, gap);
		look_ahead(&ahead, l->fs, blocks, i + k, n, &told);
		ahead_touch(&ahead, blocks[i].blk << bits);
		rc = ext4_read_blocks(l->fs, blocks[i].blk, blocks[i + k - 1].blk - blocks[i].blk +
				      1, buf, err);
		for (j = i; j < i + k && !rc; j++)
			rc = fn(l, &blocks[j], buf + ((blocks[j].blk - blocks[i].blk) << bits),
				err);
	}
	free(buf);
	return rc;
}
