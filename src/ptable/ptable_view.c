/* The sparse file that libfdisk reads. */
#define _XOPEN_SOURCE 700
#include "ptable_own.h"

#include "os.h"
#include "write_at.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

static int view_failed(struct i2n_err *err)
{
	int sys = errno;

	i2n_err_set(err, I2N_DOM_SYS, sys,
		    "cannot make a temporary file for the partition table: %s", strerror(sys));
	return I2N_FATAL;
}

int view_init(struct view *v, uint64_t size, struct i2n_err *err)
{
	*v = (struct view){ .fd = -1, .size = size };
	v->fd = os_open_memory();
	if (v->fd < 0 || ftruncate(v->fd, (off_t)size) < 0)
		return view_failed(err);
	return I2N_OK;
}

int view_put(struct view *v, const void *buf, size_t len, uint64_t off, struct i2n_err *err)
{
	if (!write_at(v->fd, buf, len, off))
		return view_failed(err);
	return I2N_OK;
}

void view_release(struct view *v)
{
	if (v->fd >= 0)
		(void)close(v->fd);	/* its content is of no more use */
	v->fd = -1;
}
