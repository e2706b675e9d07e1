#include "overlay.h"

#include <stdlib.h>
#include <string.h>

struct overlay {
	struct i2n_source src;
	struct i2n_source *below, *journal;
	uint32_t block_size;
	struct overlay_block *blocks;
	size_t n;
	struct overlay_patch *patches;
	size_t n_patches;
	unsigned char *bytes;
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

bool overlay_find(const struct i2n_source *overlay, uint64_t blk, uint64_t *ret_pos)
{
	const struct overlay *o = (const struct overlay *)overlay;
	const size_t i = lower_bound(o, blk);

	if (i == o->n || o->blocks[i].blk != blk)
		return false;
	*ret_pos = o->blocks[i].pos;
	return true;
}

void overlay_unescape(unsigned char *block)
{
	memcpy(block, jbd2_magic, sizeof(jbd2_magic));
}

/* How many listed blocks from i on follow each other both in the file system and in the journal.
 * Escaped blocks stand alone, because their first bytes have to be put right. */
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
static int read_listed(struct overlay *o, const struct overlay_block *b, unsigned char *buf,
		       size_t len, uint64_t skip, struct i2n_err *err)
{
	struct i2n_source *from = b->pos & OVERLAY_JOURNAL ? o->journal : o->below;
	int rc = i2n_source_pread(from, buf, len, (b->pos & ~OVERLAY_FLAGS) + skip, err);

	if (rc == I2N_OK && b->pos & OVERLAY_ESCAPED && skip < sizeof(jbd2_magic)) {
		size_t n = sizeof(jbd2_magic) - (size_t)skip;

		memcpy(buf, jbd2_magic + skip, n < len ? n : len);
	}
	return rc;
}

static int read_blocks(struct overlay *o, unsigned char *p, size_t len, uint64_t off,
		       struct i2n_err *err)
{
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

/* Index of the first patch that ends behind off. */
static size_t first_patch(const struct overlay *o, uint64_t off)
{
	size_t lo = 0, hi = o->n_patches;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (o->patches[mid].off + o->patches[mid].len <= off)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static void apply_patches(const struct overlay *o, unsigned char *buf, size_t len, uint64_t off)
{
	size_t i;

	for (i = first_patch(o, off); i < o->n_patches && o->patches[i].off < off + len; i++) {
		const struct overlay_patch *p = &o->patches[i];
		uint64_t from = p->off > off ? p->off : off, end = p->off + p->len;

		if (end > off + len)
			end = off + len;
		if (from < end)
			memcpy(buf + (from - off), o->bytes + p->at + (from - p->off),
			       (size_t)(end - from));
	}
}

static int overlay_pread(struct i2n_source *src, void *buf, size_t len, uint64_t off,
			 struct i2n_err *err)
{
	struct overlay *o = (struct overlay *)src;
	int rc = read_blocks(o, buf, len, off, err);

	if (rc == I2N_OK)
		apply_patches(o, buf, len, off);
	return rc;
}

/* The few listed blocks are not worth a search: a hint for the place below is right for nearly all
 * bytes. */
static void overlay_willneed(struct i2n_source *src, uint64_t off, uint64_t len)
{
	i2n_source_willneed(((struct overlay *)src)->below, off, len);
}

static void overlay_keep(struct i2n_source *src, uint64_t off, uint64_t len)
{
	i2n_source_keep(((struct overlay *)src)->below, off, len);
}

static void overlay_free(struct i2n_source *src)
{
	struct overlay *o = (struct overlay *)src;

	free(o->blocks);
	free(o->patches);
	free(o->bytes);
	free(o);
}

static const struct i2n_source_ops overlay_ops = {
	.name = "overlay",
	.pread = overlay_pread,
	.willneed = overlay_willneed,
	.keep = overlay_keep,
	.free = overlay_free,
};

int overlay_new(struct i2n_source *below, struct i2n_source *journal, uint32_t block_size,
		struct overlay_block *blocks, size_t n, struct i2n_source **ret,
		struct i2n_err *err)
{
	struct overlay *o = calloc(1, sizeof(*o));

	if (!o)
		return i2n_err_nomem(err);
	o->src = (struct i2n_source){
		.ops = &overlay_ops,
		.size = below->size,
		.is_stream = below->is_stream,
		.is_open_ended = below->is_open_ended,
		.sector_size = below->sector_size,
		.ahead = below->ahead,
		.by_block = below->by_block,
		.behind = below->behind,
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

void overlay_set_patches(struct i2n_source *overlay, struct overlay_patch *patches, size_t n,
			 unsigned char *bytes)
{
	struct overlay *o = (struct overlay *)overlay;

	o->patches = patches;
	o->n_patches = n;
	o->bytes = bytes;
}
