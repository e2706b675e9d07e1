/* A regular file or block device.
 *
 * Reads that continue near the end of the one before are served from one buffer that is filled
 * ahead, because the ext4 reader goes through the disk in order in pieces of a few KiB; anything
 * else goes straight to pread(2). */
#define _POSIX_C_SOURCE 200809L
#include "img2nfs/source.h"

#include "img2nfs/name.h"

#include "source_os.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define AHEAD_MAX ((size_t)256 << 10)	/* bytes in the buffer */
#define AHEAD_GAP ((uint64_t)64 << 10)	/* a read this far behind the last one still counts as going on */

struct file {
	struct i2n_source src;
	int fd;
	char *name;
	unsigned char *ahead;		/* holds [ahead_off, ahead_off + ahead_len) */
	uint64_t ahead_off;
	size_t ahead_len;
	uint64_t last_end;		/* where the read before ended */
};

static int read_failed(const struct file *f, uint64_t off, int sys, struct i2n_err *err)
{
	i2n_err_set(err, I2N_DOM_SYS, sys, "cannot read %s at %" PRIu64 ": %s", f->src.name, off,
		    strerror(sys));
	i2n_err_blame(err, I2N_BLAME_IMAGE);
	return I2N_FATAL;
}

/* Read at least `min` and at most `max` bytes. What fails behind the first `min` bytes is not an
 * error of this read. */
static int read_some(struct file *f, unsigned char *buf, size_t min, size_t max, uint64_t off,
		     size_t *ret_len, struct i2n_err *err)
{
	size_t got = 0, want = max;

	while (got < min) {
		ssize_t n = pread(f->fd, buf + got, want - got, (off_t)(off + got));

		if (n > 0) {
			got += (size_t)n;
		} else if (n == 0) {
			i2n_err_set(err, I2N_DOM_IMAGE, 0,
				    "cannot read %s at %" PRIu64
				    ": the file became shorter while it was read",
				    f->src.name, off + got);
			return I2N_FATAL;
		} else if (errno == EINTR) {
			continue;
		} else if (want > min) {
			want = min;	/* the bad spot may lie in what was only read ahead */
		} else {
			return read_failed(f, off + got, errno, err);
		}
	}
	*ret_len = got;
	return I2N_OK;
}

static bool goes_on(const struct file *f, uint64_t off)
{
	return off >= f->last_end && off - f->last_end <= AHEAD_GAP;
}

/* Copy what the buffer has of the front of [off, off + len). */
static size_t take_buffered(const struct file *f, void *buf, size_t len, uint64_t off)
{
	uint64_t skip;
	size_t n;

	if (off < f->ahead_off || off - f->ahead_off >= f->ahead_len)
		return 0;
	skip = off - f->ahead_off;
	n = f->ahead_len - (size_t)skip;
	if (n > len)
		n = len;
	memcpy(buf, f->ahead + skip, n);
	return n;
}

static int fill_ahead(struct file *f, size_t min, uint64_t off, struct i2n_err *err)
{
	size_t max = AHEAD_MAX;

	if (max > f->src.size - off)
		max = (size_t)(f->src.size - off);
	f->ahead_len = 0;	/* nothing valid if the read fails halfway */
	f->ahead_off = off;
	return read_some(f, f->ahead, min, max, off, &f->ahead_len, err);
}

static int file_pread(struct i2n_source *src, void *buf, size_t len, uint64_t off,
		      struct i2n_err *err)
{
	struct file *f = (struct file *)src;
	bool sequential = goes_on(f, off);
	unsigned char *to = buf;
	size_t n = take_buffered(f, to, len, off);
	int rc;

	f->last_end = off + len;
	to += n;
	off += n;
	len -= n;
	if (!len)
		return I2N_OK;
	if (!sequential || len >= AHEAD_MAX / 2)
		return read_some(f, to, len, len, off, &n, err);
	rc = fill_ahead(f, len, off, err);
	if (rc == I2N_OK)
		memcpy(to, f->ahead, len);
	return rc;
}

static void file_willneed(struct i2n_source *src, uint64_t off, uint64_t len)
{
#ifdef POSIX_FADV_WILLNEED
	(void)posix_fadvise(((struct file *)src)->fd, (off_t)off, (off_t)len,
			    POSIX_FADV_WILLNEED); /* a hint */
#else
	(void)src, (void)off, (void)len;
#endif
}

static void file_free(struct i2n_source *src)
{
	struct file *f = (struct file *)src;

	if (f->fd >= 0)
		(void)close(f->fd);	/* only read from: nothing can be lost */
	free(f->ahead);
	free(f->name);
	free(f);
}

static const struct i2n_source_ops file_ops = {
	.name = "file",
	.pread = file_pread,
	.willneed = file_willneed,
	.free = file_free,
};

static int open_failed(const struct file *f, int sys, struct i2n_err *err)
{
	i2n_err_set(err, I2N_DOM_SYS, sys, "cannot open %s: %s", f->src.name, strerror(sys));
	i2n_err_blame(err, I2N_BLAME_IMAGE);
	if (sys == EACCES || sys == EPERM)
		i2n_err_hint(
			err,
			"the image must be readable by the user who runs img2nfs (a disk: member of its group, "
			"often 'disk'), and every directory above it searchable");
	return I2N_FATAL;
}

static const char *kind_word(mode_t mode)
{
	if (S_ISDIR(mode))
		return "a directory";
	if (S_ISCHR(mode))
		return "a character device";
	if (S_ISFIFO(mode))
		return "a pipe";
	if (S_ISSOCK(mode))
		return "a socket";
	return "not a file";
}

static int check_kind(const struct file *f, mode_t mode, struct i2n_err *err)
{
	if (S_ISREG(mode) || S_ISBLK(mode))
		return I2N_OK;
#if defined(__FreeBSD__) || defined(__APPLE__)
	if (S_ISCHR(mode))	/* disks are character devices there */
		return I2N_OK;
#endif
	i2n_err_set(err, I2N_DOM_IMAGE, 0, "cannot use %s as an image: it is %s", f->src.name,
		    kind_word(mode));
	i2n_err_hint(err, "give an image file or a block device");
	return I2N_FATAL;
}

static int find_size(struct file *f, const struct stat *st, struct i2n_err *err)
{
	off_t end;

	if (S_ISREG(st->st_mode)) {
		f->src.size = (uint64_t)st->st_size;
	} else {
		f->src.sector_size = source_os_sector_size(f->fd);
		f->src.size = source_os_device_size(f->fd);
		if (!f->src.size) {
			end = lseek(f->fd, 0, SEEK_END);
			if (end < 0)
				return read_failed(f, 0, errno, err);
			f->src.size = (uint64_t)end;
		}
	}
	if (f->src.size)
		return I2N_OK;
	i2n_err_set(err, I2N_DOM_IMAGE, 0, "cannot use %s as an image: it is empty", f->src.name);
	return I2N_FATAL;
}

static char *quoted_copy(const char *path)
{
	char buf[512];

	return strdup(i2n_quote(buf, sizeof(buf), path, strlen(path)));
}

int i2n_source_open_file(const char *path, struct i2n_source **ret, struct i2n_err *err)
{
	struct file *f = calloc(1, sizeof(*f));
	struct stat st;
	int rc;

	if (!f)
		return i2n_err_nomem(err);
	f->fd = -1;
	f->src.ops = &file_ops;
	f->name = quoted_copy(path);
	f->src.name = f->name;
	f->ahead = malloc(AHEAD_MAX);
	if (!f->name || !f->ahead) {
		rc = i2n_err_nomem(err);
		goto out;
	}
	/* looked at before it is opened: opening a FIFO waits, opening a tape rewinds it */
	rc = stat(path, &st) < 0 ? open_failed(f, errno, err) : check_kind(f, st.st_mode, err);
	if (rc != I2N_OK)
		goto out;
	f->fd = source_os_open(path);
	if (f->fd < 0 || fstat(f->fd, &st) < 0) {
		rc = open_failed(f, errno, err);
		goto out;
	}
	rc = check_kind(f, st.st_mode, err);
	if (rc == I2N_OK)
		rc = find_size(f, &st, err);
out:
	if (rc == I2N_OK)
		*ret = &f->src;
	else
		file_free(&f->src);
	return rc;
}
