#include "img2nfs/source.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

struct fault {
	struct i2n_source src;
	struct i2n_source *parent;
	uint64_t fail_read, n_reads;
};

static int fault_pread(struct i2n_source *src, void *buf, size_t len, uint64_t off,
		       struct i2n_err *err)
{
	struct fault *f = (struct fault *)src;

	if (++f->n_reads == f->fail_read) {
		i2n_err_set(err, I2N_DOM_SYS, EIO, "cannot read %s at %" PRIu64 ": EIO (injected)",
			    src->name, off);
		i2n_err_blame(err, I2N_BLAME_IMAGE);
		return I2N_FATAL;
	}
	return i2n_source_pread(f->parent, buf, len, off, err);
}

static void fault_willneed(struct i2n_source *src, uint64_t off, uint64_t len)
{
	i2n_source_willneed(((struct fault *)src)->parent, off, len);
}

static void fault_free(struct i2n_source *src)
{
	free(src);
}

static const struct i2n_source_ops fault_ops = {
	.name = "fault",
	.pread = fault_pread,
	.willneed = fault_willneed,
	.free = fault_free,
};

int i2n_source_fault(struct i2n_source *parent, uint64_t fail_read, struct i2n_source **ret,
		     struct i2n_err *err)
{
	struct fault *f = calloc(1, sizeof(*f));

	if (!f)
		return i2n_err_nomem(err);
	f->src = (struct i2n_source){
		.ops = &fault_ops,
		.size = parent->size,
		.sector_size = parent->sector_size,
		.ahead = parent->ahead,
		.by_block = parent->by_block,
		.behind = parent->behind,
		.name = parent->name,
		.is_stream = parent->is_stream,
		.is_open_ended = parent->is_open_ended,
	};
	f->parent = parent;
	f->fail_read = fail_read;
	*ret = &f->src;
	return I2N_OK;
}
