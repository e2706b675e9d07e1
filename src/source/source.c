#include "img2nfs/source.h"

#include "checked.h"

#include <inttypes.h>

int i2n_source_pread(struct i2n_source *src, void *buf, size_t len, uint64_t off,
		     struct i2n_err *err)
{
	if (!i2n_range_ok(off, len, src->size))
		return i2n_fail(err, I2N_FATAL, I2N_DOM_IMAGE, 0,
				"cannot read %zu bytes of %s at %" PRIu64 ": it ends at %" PRIu64,
				len, src->name, off, src->size);
	if (!len)
		return I2N_OK;
	if (off != src->next_off)
		src->stats.seeks++;
	src->next_off = off + len;
	src->stats.reads++;
	src->stats.bytes += len;
	return src->ops->pread(src, buf, len, off, err);
}

static void hint(void (*op)(struct i2n_source *src, uint64_t off, uint64_t len),
		 struct i2n_source *src, uint64_t off, uint64_t len)
{
	if (!op || off >= src->size)
		return;
	if (len > src->size - off)
		len = src->size - off;
	if (len)
		op(src, off, len);
}

void i2n_source_willneed(struct i2n_source *src, uint64_t off, uint64_t len)
{
	hint(src->ops->willneed, src, off, len);
}

void i2n_source_keep(struct i2n_source *src, uint64_t off, uint64_t len)
{
	hint(src->ops->keep, src, off, len);
}

uint64_t i2n_source_available(struct i2n_source *src)
{
	uint64_t n = src->ops->available ? src->ops->available(src) : src->size;

	return n < src->size ? n : src->size;
}

void i2n_source_free(struct i2n_source *src)
{
	if (src)
		src->ops->free(src);
}
