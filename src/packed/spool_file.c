#define _POSIX_C_SOURCE 200809L
#include "spool_file.h"

#include "img2nfs/name.h"

#include "os.h"
#include "read_at.h"
#include "write_at.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define BLOCK ((size_t)4096)		/* zeros are looked for in pieces of this size */
#define PIECE ((size_t)64 << 10)	/* of what is looked through again */

int spool_file_read(const struct spool_file *f, void *buf, size_t len, uint64_t off,
		    struct i2n_err *err)
{
	size_t n;

	if (!read_at(f->fd, buf, len, off, &n))
		return i2n_fail(err, I2N_FATAL, I2N_DOM_SYS, errno, "cannot read back from %s: %s",
				f->dir, strerror(errno));
	/* zeros at the end were not written */
	memset((unsigned char *)buf + n, 0, len - n);
	return I2N_OK;
}

static int come_pread(struct i2n_source *src, void *buf, size_t len, uint64_t off,
		      struct i2n_err *err)
{
	const struct spool_file *f = (const struct spool_file *)(void *)(
		(char *)src - offsetof(struct spool_file, come));

	return spool_file_read(f, buf, len, off, err);
}

static const struct i2n_source_ops come_ops = { .name = "come", .pread = come_pread };

static void lock(struct spool_file *f)
{
	(void)pthread_mutex_lock(&f->mutex);	/* of our own making: cannot fail */
}

static void unlock(struct spool_file *f)
{
	(void)pthread_mutex_unlock(&f->mutex);
}

/* --- adding --- */

static int write_failed(struct spool_file *f, int sys, struct i2n_err *err)
{
	i2n_err_set(err, I2N_DOM_SYS, sys, "cannot unpack %s into %s: %s after %" PRIu64 " bytes",
		    f->name, f->dir, strerror(sys), spool_file_spooled(f));
	i2n_err_hint(err, "choose another folder with --spool; it has to hold what is not zero in "
			  "the unpacked image");
	return I2N_FATAL;
}

static int write_run(struct spool_file *f, const unsigned char *buf, size_t len, uint64_t off,
		     struct i2n_err *err)
{
	if (!write_at(f->fd, buf, len, off))
		return write_failed(f, errno, err);
	lock(f);
	f->spooled += len;
	unlock(f);
	return I2N_OK;
}

static bool is_zero(const unsigned char *b, size_t len)
{
	return !b[0] && !memcmp(b, b + 1, len - 1);
}

static size_t block_at(size_t at, size_t len)
{
	return len - at < BLOCK ? len - at : BLOCK;
}

/* The runs of blocks that hold something. */
static int write_data(struct spool_file *f, const unsigned char *buf, size_t len, uint64_t off,
		      struct i2n_err *err)
{
	size_t at = 0, end;
	int rc = I2N_OK;

	while (at < len && rc == I2N_OK) {
		while (at < len && is_zero(buf + at, block_at(at, len)))
			at += block_at(at, len);
		for (end = at; end < len && !is_zero(buf + end, block_at(end, len));)
			end += block_at(end, len);
		if (end > at)
			rc = write_run(f, buf + at, end - at, off + at, err);
		at = end;
	}
	return rc;
}

static bool ask_unused(struct spool_file *f, struct i2n_image_unused *ret)
{
	lock(f);
	*ret = f->unused;
	unlock(f);
	return ret->at;
}

static bool remember_unkept(struct spool_file *f, uint64_t off, uint64_t len)
{
	bool ret;

	lock(f);
	ret = unkept_add(&f->unkept, off, len);
	unlock(f);
	return ret;
}

/* write_data(), but for what is not used. */
static int write_used(struct spool_file *f, const unsigned char *buf, size_t len, uint64_t off,
		      struct i2n_err *err)
{
	struct i2n_image_unused unused;
	uint64_t n = len;
	int rc = I2N_OK;

	if (!len || !f->asked || !ask_unused(f, &unused))
		return write_data(f, buf, len, off, err);
	for (; len && rc == I2N_OK; buf += n, off += n, len -= (size_t)n) {
		const bool is_unused = unused.at(unused.ctx, &f->come, off, &n);

		n = n < len ? n : len;
		if (is_unused && (is_zero(buf, (size_t)n) || remember_unkept(f, off, n)))
			continue;
		rc = write_data(f, buf, (size_t)n, off, err);
	}
	return rc;
}

/* The part of [off, off + len) that is kept, relative to off. */
static void clip(struct spool_file *f, uint64_t off, size_t len, size_t *ret_from, size_t *ret_to)
{
	uint64_t from = off, to = off + len;

	lock(f);
	if (from < f->keep_off)
		from = f->keep_off < to ? f->keep_off : to;
	if (to > f->keep_end)
		to = f->keep_end > from ? f->keep_end : from;
	unlock(f);
	*ret_from = (size_t)(from - off);
	*ret_to = (size_t)(to - off);
}

/* Give back the place of what came before anybody said that it is of no use. */
static void drop_outside(struct spool_file *f, uint64_t end)
{
	uint64_t off, to;
	bool news;

	lock(f);
	news = f->keep_news;
	f->keep_news = false;
	off = f->keep_off;
	to = f->keep_end;
	unlock(f);
	if (!news)
		return;
	if (off && end)
		os_punch(f->fd, 0, off < end ? off : end);
	if (to < end)
		os_punch(f->fd, to, end - to);
}

/* The same for what the bitmaps call free. */
static void drop_unused(struct spool_file *f, uint64_t end)
{
	struct i2n_image_unused unused;
	unsigned char *buf;
	uint64_t off, n;

	if (f->asked || !ask_unused(f, &unused))
		return;
	buf = malloc(PIECE);
	if (!buf)
		return;		/* it is kept, then */
	f->asked = true;
	for (off = f->keep_off; off < end; off += n) {
		const bool is_unused = unused.at(unused.ctx, &f->come, off, &n);

		n = n < end - off ? n : end - off;
		if (!is_unused)
			continue;
		n = n < PIECE ? n : PIECE;
		if (spool_file_read(f, buf, (size_t)n, off, NULL) != I2N_OK ||
		    is_zero(buf, (size_t)n) || !remember_unkept(f, off, n))
			continue;
		/* the range counts as not kept, whether the system can make a hole or not */
		os_punch(f->fd, off, n);
	}
	free(buf);
}

int spool_file_add(struct spool_file *f, const unsigned char *buf, size_t n, uint64_t off,
		   struct i2n_err *err)
{
	size_t from, to;

	f->come.size = off;
	drop_outside(f, off);
	drop_unused(f, off);
	clip(f, off, n, &from, &to);
	return write_used(f, buf + from, to - from, off + from, err);
}

/* --- the rest --- */

bool spool_file_lacks(struct spool_file *f, uint64_t off, uint64_t len)
{
	bool ret;

	lock(f);
	ret = unkept_has(&f->unkept, off, len);
	unlock(f);
	return ret;
}

void spool_file_keep_only(struct spool_file *f, uint64_t off, uint64_t len)
{
	lock(f);
	f->keep_off = off;
	f->keep_end = off + len;
	f->keep_news = true;
	unlock(f);
}

void spool_file_leave_out(struct spool_file *f, const struct i2n_image_unused *unused)
{
	lock(f);
	f->unused = *unused;
	unlock(f);
}

uint64_t spool_file_spooled(struct spool_file *f)
{
	uint64_t ret;

	lock(f);
	ret = f->spooled;
	unlock(f);
	return ret;
}

uint64_t spool_file_room(const struct spool_file *f)
{
	struct statvfs st;

	return fstatvfs(f->fd, &st) < 0 ? UINT64_MAX : (uint64_t)st.f_bavail * st.f_frsize;
}

static const char *folder(const char *dir)
{
	if (!dir)
		dir = getenv("TMPDIR");
	return dir && dir[0] ? dir : "/var/tmp";
}

void spool_place_make(struct spool_place *place, const char *dir)
{
	place->fd = os_open_unlinked(folder(dir));
	place->code = errno;
}

void spool_place_release(struct spool_place *place)
{
	if (place->fd >= 0)
		(void)close(place->fd);	/* nothing was written */
	place->fd = -1;
}

int spool_file_open(struct spool_file *f, struct spool_place *place, const char *dir,
		    const char *name, struct i2n_err *err)
{
	dir = folder(dir);
	*f = (struct spool_file){ .name = name, .keep_end = UINT64_MAX };
	f->come = (struct i2n_source){ .ops = &come_ops, .name = name };
	(void)pthread_mutex_init(&f->mutex, NULL);	/* cannot fail on any system we know */
	i2n_quote(f->dir, sizeof(f->dir), dir, strlen(dir));
	f->fd = place->fd;
	place->fd = -1;
	if (f->fd < 0) {
		i2n_err_set(err, I2N_DOM_SYS, place->code,
			    "cannot make a file in %s to unpack %s into: %s", f->dir, name,
			    strerror(place->code));
		i2n_err_hint(err, "choose another folder with --spool");
		return I2N_FATAL;
	}
	return I2N_OK;
}

void spool_file_close(struct spool_file *f)
{
	if (f->fd >= 0)
		(void)close(f->fd);	/* its content is of no more use */
	unkept_release(&f->unkept);
	(void)pthread_mutex_destroy(&f->mutex);
}
