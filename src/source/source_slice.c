#include "img2nfs/source.h"

#include "checked.h"

#include <inttypes.h>
#include <stdlib.h>

struct slice {
	struct i2n_source src;
	struct i2n_source *parent;
	uint64_t off;
};

static int slice_pread(struct i2n_source *src, void *buf, size_t len, uint64_t off,
		       struct i2n_err *err)
{
	struct slice *s = (struct slice *)src;

	return i2n_source_pread(s->parent, buf, len, s->off + off, err);
}

static void slice_willneed(struct i2n_source *src, uint64_t off, uint64_t len)
{
	struct slice *s = (struct slice *)src;

	i2n_source_willneed(s->parent, s->off + off, len);
}

static void slice_keep(struct i2n_source *src, uint64_t off, uint64_t len)
{
	struct slice *s = (struct slice *)src;

	i2n_source_keep(s->parent, s->off + off, len);
}

static uint64_t slice_available(struct i2n_source *src)
{
	struct slice *s = (struct slice *)src;
	uint64_t n = i2n_source_available(s->parent);

	return n > s->off ? n - s->off : 0;
}

static void slice_free(struct i2n_source *src)
{
	free(src);
}

static const struct i2n_source_ops slice_ops = {
	.name = "slice",
	.pread = slice_pread,
	.willneed = slice_willneed,
	.keep = slice_keep,
	.available = slice_available,
	.free = slice_free,
};

int i2n_source_slice(struct i2n_source *parent, uint64_t off, uint64_t len, struct i2n_source **ret,
		     struct i2n_err *err)
{
	struct slice *s;

	if (!i2n_range_ok(off, len, parent->size))
		return i2n_fail(err, I2N_FATAL, I2N_DOM_IMAGE, 0,
				"cannot use %" PRIu64 " bytes of %s at %" PRIu64
				": it ends at %" PRIu64,
				len, parent->name, off, parent->size);
	s = calloc(1, sizeof(*s));
	if (!s)
		return i2n_err_nomem(err);
	s->src = (struct i2n_source){
		.ops = &slice_ops,
		.size = len,
		.sector_size = parent->sector_size,
		.ahead = parent->ahead,
		.by_block = parent->by_block,
		.behind = parent->behind,
		.name = parent->name,
		.is_stream = parent->is_stream,
		.is_open_ended = parent->is_open_ended && off + len == parent->size,
	};
	s->parent = parent;
	s->off = off;
	*ret = &s->src;
	return I2N_OK;
}
