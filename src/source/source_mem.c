#include "img2nfs/source.h"

#include <stdlib.h>
#include <string.h>

struct mem {
	struct i2n_source src;
	const unsigned char *buf;
};

static int mem_pread(struct i2n_source *src, void *buf, size_t len, uint64_t off,
		     struct i2n_err *err)
{
	const struct mem *m = (const struct mem *)src;

	(void)err;	/* the gate has checked the range: nothing can fail */
	memcpy(buf, m->buf + off, len);
	return I2N_OK;
}

static void mem_free(struct i2n_source *src)
{
	free(src);
}

static const struct i2n_source_ops mem_ops = { .name = "mem",
					       .pread = mem_pread,
					       .free = mem_free };

int i2n_source_mem(const void *buf, size_t len, struct i2n_source **ret, struct i2n_err *err)
{
	struct mem *m = calloc(1, sizeof(*m));

	if (!m)
		return i2n_err_nomem(err);
	m->src = (struct i2n_source){ .ops = &mem_ops, .size = len, .any_thread = true,
				      .name = "memory" };
	m->buf = buf;
	*ret = &m->src;
	return I2N_OK;
}
