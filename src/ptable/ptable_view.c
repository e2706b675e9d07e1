/* The sparse file that libfdisk reads: in memory where the system can (Linux), else an unlinked
 * file in $TMPDIR. */
#ifdef __linux__
#define _GNU_SOURCE
#else
#define _XOPEN_SOURCE 700
#endif
#include "ptable_own.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static int open_unlinked(void)
{
	const char *dir = getenv("TMPDIR");
	char path[4096];
	int n, fd;

	n = snprintf(path, sizeof(path), "%s/img2nfs.XXXXXX", dir && dir[0] ? dir : "/tmp");
	if (n < 0 || (size_t)n >= sizeof(path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	fd = mkstemp(path);
	if (fd >= 0)
		(void)unlink(path);	/* a file left behind is harmless */
	return fd;
}

static int open_sparse(void)
{
#if defined(__linux__) && defined(MFD_CLOEXEC)
	int fd = memfd_create("img2nfs-table", MFD_CLOEXEC);

	if (fd >= 0)
		return fd;
#endif
	return open_unlinked();
}

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
	v->fd = open_sparse();
	if (v->fd < 0 || ftruncate(v->fd, (off_t)size) < 0)
		return view_failed(err);
	return I2N_OK;
}

int view_put(struct view *v, const void *buf, size_t len, uint64_t off, struct i2n_err *err)
{
	const char *from = buf;

	while (len) {
		ssize_t n = pwrite(v->fd, from, len, (off_t)off);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return view_failed(err);
		from += n;
		off += (uint64_t)n;
		len -= (size_t)n;
	}
	return I2N_OK;
}

void view_release(struct view *v)
{
	if (v->fd >= 0)
		(void)close(v->fd);	/* its content is of no more use */
	v->fd = -1;
}
