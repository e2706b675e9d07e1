#define _XOPEN_SOURCE 700
#include "out_file.h"

#include "img2nfs/name.h"

#include "signals.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PART_EXTRA 16
#define PARTS_MAX 1000	/* left behind by runs that were killed, or of runs beside this one */

static int cannot_write(const char *path, int code, struct i2n_err *err)
{
	char q[400];

	return i2n_fail(err, I2N_FATAL, I2N_DOM_SYS, code, "cannot write %s: %s",
			i2n_quote(q, sizeof(q), path, strlen(path)), strerror(code));
}

bool out_file_is(const char *path, const char *other)
{
	struct stat a, b;

	return !stat(path, &a) && !stat(other, &b) && a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

/* Below /dev are the descriptors of who called us, and nothing that a file could replace. */
static bool is_in_place(const char *path, bool exists, const struct stat *st)
{
	return !strncmp(path, "/dev/", 5) || (exists && !S_ISREG(st->st_mode));
}

static int open_part(struct out_file *o)
{
	size_t cap = strlen(o->to) + PART_EXTRA;
	int fd = -1;

	o->part = malloc(cap);
	if (!o->part)
		return -1;
	for (unsigned i = 0; fd < 0 && i < PARTS_MAX; i++) {
		(void)snprintf(o->part, cap, "%s.part%u", o->to, i);	/* fits */
		fd = open(o->part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
		if (fd < 0 && errno != EEXIST)
			return -1;
	}
	return fd;
}

static int open_fd(struct out_file *o)
{
	struct stat st;
	bool exists = !stat(o->path, &st);

	if (exists && (S_ISBLK(st.st_mode) || S_ISDIR(st.st_mode))) {
		errno = S_ISDIR(st.st_mode) ? EISDIR : EINVAL;
		return -1;
	}
	if (is_in_place(o->path, exists, &st))
		return open(o->path, O_WRONLY | O_APPEND | O_CLOEXEC);
	o->to = exists ? realpath(o->path, NULL) : strdup(o->path);
	return o->to ? open_part(o) : -1;
}

static void release(struct out_file *o)
{
	free(o->to);
	free(o->part);
	*o = (struct out_file){ 0 };
}

int out_file_open(struct out_file *o, const char *path, struct i2n_err *err)
{
	int fd, code;

	*o = (struct out_file){ .path = path };
	fd = open_fd(o);
	o->f = fd < 0 ? NULL : fdopen(fd, "w");
	if (o->f) {
		signals_remove(o->part);
		return I2N_OK;
	}
	code = errno;
	if (fd >= 0) {
		(void)close(fd);	/* nothing was written */
		if (o->part)
			(void)unlink(o->part);	/* nor is it missed */
	}
	release(o);
	return cannot_write(path, code, err);
}

/* Until it is on the disk, a crash could leave an empty file under the name. */
static int finish(struct out_file *o)
{
	if (fflush(o->f) || ferror(o->f))
		return -1;
	return o->part ? fsync(fileno(o->f)) : 0;
}

int out_file_close(struct out_file *o, bool keep, struct i2n_err *err)
{
	int rc = I2N_OK;

	if (!o->f)
		return I2N_OK;
	errno = EIO;	/* where an earlier write failed */
	if (keep && finish(o))
		rc = cannot_write(o->path, errno, err);
	if (fclose(o->f) && keep && rc == I2N_OK)
		rc = cannot_write(o->path, errno, err);
	if (keep && rc == I2N_OK && o->part && rename(o->part, o->to))
		rc = cannot_write(o->path, errno, err);
	if (o->part && (!keep || rc != I2N_OK))
		(void)unlink(o->part);	/* the first error counts */
	signals_keep(o->part);
	release(o);
	return rc;
}
