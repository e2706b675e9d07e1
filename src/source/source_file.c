/* A regular file or block device.
 *
 * No buffer of its own: the system's cache is one, hints fill it in large requests, and a buffer of
 * 256 KiB took four fifths of the preads away and no time. No mmap(2) either: a file that becomes
 * shorter, or a bad sector, would be a signal instead of an error. */
#define _POSIX_C_SOURCE 200809L
#include "img2nfs/source.h"

#include "img2nfs/name.h"

#include "os.h"
#include "read_at.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define AHEAD (8u << 20)	/* a fifth of a second of a slow disk */

struct file {
	struct i2n_source src;
	int fd;
	char *name;
};

static int read_failed(const struct file *f, uint64_t off, int sys, struct i2n_err *err)
{
	i2n_err_set(err, I2N_DOM_SYS, sys, "cannot read %s at %" PRIu64 ": %s", f->src.name, off,
		    strerror(sys));
	i2n_err_blame(err, I2N_BLAME_IMAGE);
	return I2N_FATAL;
}

static int file_pread(struct i2n_source *src, void *buf, size_t len, uint64_t off,
		      struct i2n_err *err)
{
	const struct file *f = (const struct file *)src;
	size_t n;

	if (!read_at(f->fd, buf, len, off, &n))
		return read_failed(f, off + n, errno, err);
	if (n < len)
		return i2n_fail(err, I2N_FATAL, I2N_DOM_IMAGE, 0,
				"cannot read %s at %" PRIu64
				": the file became shorter while it was read",
				f->src.name, off + n);
	return I2N_OK;
}

static void file_willneed(struct i2n_source *src, uint64_t off, uint64_t len)
{
	os_willneed(((struct file *)src)->fd, off, len);
}

static void file_free(struct i2n_source *src)
{
	struct file *f = (struct file *)src;

	if (f->fd >= 0)
		(void)close(f->fd);	/* only read from: nothing can be lost */
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
		i2n_err_hint(err, "the image must be readable by the user who runs img2nfs (a "
				  "disk: member of its group, "
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
	if (S_ISREG(mode) || os_is_disk(mode))
		return I2N_OK;
	i2n_err_set(err, I2N_DOM_IMAGE, 0, "cannot use %s as an image: it is %s", f->src.name,
		    kind_word(mode));
	i2n_err_hint(err, S_ISFIFO(mode) ? "read it as standard input: - for the image, and < PIPE"
					 : "give an image file or a block device");
	return I2N_FATAL;
}

static int find_size(struct file *f, const struct stat *st, struct i2n_err *err)
{
	off_t end;

	if (S_ISREG(st->st_mode)) {
		f->src.size = (uint64_t)st->st_size;
	} else {
		f->src.sector_size = os_sector_size(f->fd);
		f->src.size = os_device_size(f->fd);
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
	f->src.ahead = AHEAD;
	f->src.any_thread = true;	/* pread(2) */
	f->name = quoted_copy(path);
	f->src.name = f->name;
	if (!f->name) {
		rc = i2n_err_nomem(err);
		goto out;
	}
	/* looked at before it is opened: opening a FIFO waits, opening a tape rewinds it */
	rc = stat(path, &st) < 0 ? open_failed(f, errno, err) : check_kind(f, st.st_mode, err);
	if (rc != I2N_OK)
		goto out;
	f->fd = os_open_image(path);
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
