#include "overlay.h"

#include <stdlib.h>
#include <string.h>

struct overlay {
	struct i2n_source src;
	struct i2n_source *below, *journal;
	uint32_t block_size;
	struct overlay_block *blocks;
	size_t n;
};

static const unsigned char jbd2_magic[4] = { 0xc0, 0x3b, 0x39, 0x98 };

/* Index of the first listed block >= blk; n if there is none. */
static size_t lower_bound(const struct overlay *o, uint64_t blk)
{
	size_t lo = 0, hi = o->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (o->blocks[mid].blk < blk)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/* How many listed blocks from i on follow each other both in the file system and in the journal. Escaped blocks stand
 * alone, because their first bytes have to be put right. */
static size_t run_length(const struct overlay *o, size_t i, uint64_t max)
{
	const struct overlay_block *first = &o->blocks[i];
	size_t n = 1;

	if (first->pos & OVERLAY_ESCAPED)
		return 1;
	while (n < max && n < o->n - i && first[n].blk == first->blk + n &&
	       first[n].pos == first->pos + n * (uint64_t)o->block_size)
		n++;
	return n;
}

/* The bytes [skip, skip + len) of a listed block or of a run that begins with it. */
static int read_listed(struct overlay *o, const struct overlay_block *b, unsigned char *buf, size_t len, uint64_t skip,
		       struct i2n_err *err)
{
	struct i2n_source *from = b->pos & OVERLAY_JOURNAL ? o->journal : o->below;
	int rc = i2n_source_pread(from, buf, len, (b->pos & ~OVERLAY_FLAGS) + skip, err);

	if (rc == I2N_OK && b->pos & OVERLAY_ESCAPED && skip < sizeof(jbd2_magic)) {
		size_t n = sizeof(jbd2_magic) - (size_t)skip;

		memcpy(buf, jbd2_magic + skip, n < len ? n : len);
	}
	return rc;
}

static int overlay_pread(struct i2n_source *src, void *buf, size_t len, uint64_t off, struct i2n_err *err)
{
	struct overlay *o = (struct overlay *)src;
	unsigned char *p = buf;
	size_t i = lower_bound(o, off / o->block_size);

	while (len) {
		uint64_t blk = off / o->block_size, skip = off % o->block_size, max;
		size_t now = len;
		int rc;

		if (i < o->n && o->blocks[i].blk == blk) {
			size_t run = run_length(o, i, (skip + len - 1) / o->block_size + 1);

			max = run * (uint64_t)o->block_size - skip;
			if (now > max)
				now = (size_t)max;
			rc = read_listed(o, &o->blocks[i], p, now, skip, err);
			i += run;
		} else {
			max = i < o->n ? o->blocks[i].blk * o->block_size - off : UINT64_MAX;
			if (now > max)
				now = (size_t)max;
			rc = i2n_source_pread(o->below, p, now, off, err);
		}
		if (rc != I2N_OK)
			return rc;
		p += now;
		off += now;
		len -= now;
	}
	return I2N_OK;
}

/* The few listed blocks are not worth a search: a hint for the place below is right for nearly all bytes. */
static void overlay_willneed(struct i2n_source *src, uint64_t off, uint64_t len)
{
	i2n_source_willneed(((struct overlay *)src)->below, off, len);
}

static void overlay_free(struct i2n_source *src)
{
	free(((struct overlay *)src)->blocks);
	free(src);
}

static const struct i2n_source_ops overlay_ops = {
	.name = "overlay",
	.pread = overlay_pread,
	.willneed = overlay_willneed,
	.free = overlay_free,
};

int overlay_new(struct i2n_source *below, struct i2n_source *journal, uint32_t block_size,
		struct overlay_block *blocks, size_t n, struct i2n_source **ret, struct i2n_err *err)
{
	struct overlay *o = calloc(1, sizeof(*o));

	if (!o)
		return i2n_err_nomem(err);
	o->src = (struct i2n_source){
		.ops = &overlay_ops,
		.size = below->size,
		.sector_size = below->sector_size,
		.name = below->name,
	};
	o->below = below;
	o->journal = journal;
	o->block_size = block_size;
	o->blocks = blocks;
	o->n = n;
	*ret = &o->src;
	return I2N_OK;
}
