#define _POSIX_C_SOURCE 200809L
#include "spool.h"

#include "img2nfs/name.h"

#include "checked.h"
#include "os.h"
#include "task.h"
#include "unkept.h"
#include "write_at.h"

#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define CHUNK ((size_t)256 << 10)
#define BLOCK ((size_t)4096)		/* zeros are looked for in pieces of this size */
/* nobody minds a bomb that is smaller, and the ratio of the first bytes says nothing */
#define RATIO_FROM ((uint64_t)256 << 20)

struct spool {
	struct i2n_source src;
	struct spool_opts opts;
	struct stream *stream;		/* the thread's */
	char *name;
	char dir[200];			/* quoted */
	int fd;
	struct task task;
	struct i2n_source come;		/* the thread's: what lies in the file already */
	bool asked;			/* the thread's: what came before `unused` was looked
					 * through */
	uint64_t max_size, max_ratio;
	pthread_mutex_t mutex;		/* of all that follows */
	pthread_cond_t moved;
	uint64_t unpacked, spooled;
	uint64_t keep_off, keep_end;	/* what is still of use */
	struct i2n_image_unused unused;	/* of that, what is not; .at NULL: all is */
	struct unkept unkept;
	bool ended, stop;
	int rc;				/* with `ended`: I2N_OK, or what err says */
	struct i2n_err err;
};

/* --- the file --- */

static int read_file(const struct spool *s, unsigned char *to, size_t len, uint64_t off,
		     struct i2n_err *err)
{
	while (len) {
		ssize_t n = pread(s->fd, to, len, (off_t)off);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return i2n_fail(err, I2N_FATAL, I2N_DOM_SYS, errno,
					"cannot read back from %s: %s", s->dir, strerror(errno));
		if (n == 0) {	/* zeros at the end were not written */
			memset(to, 0, len);
			return I2N_OK;
		}
		to += n;
		off += (uint64_t)n;
		len -= (size_t)n;
	}
	return I2N_OK;
}

static int come_pread(struct i2n_source *src, void *buf, size_t len, uint64_t off,
		      struct i2n_err *err)
{
	const struct spool *s = (const struct spool *)(void *)((char *)src -
							       offsetof(struct spool, come));

	return read_file(s, buf, len, off, err);
}

static const struct i2n_source_ops come_ops = { .name = "come", .pread = come_pread };

/* --- the thread --- */

static int write_failed(const struct spool *s, int sys, struct i2n_err *err)
{
	i2n_err_set(err, I2N_DOM_SYS, sys, "cannot unpack %s into %s: %s after %" PRIu64 " bytes",
		    s->src.name, s->dir, strerror(sys), s->spooled);
	i2n_err_hint(err, "choose another folder with --spool; it has to hold what is not zero in "
			  "the unpacked image");
	return I2N_FATAL;
}

static int write_run(struct spool *s, const unsigned char *buf, size_t len, uint64_t off,
		     struct i2n_err *err)
{
	if (!write_at(s->fd, buf, len, off))
		return write_failed(s, errno, err);
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

/* Write the runs of blocks that hold something; *ret_n: how many bytes they have. */
static int write_data(struct spool *s, const unsigned char *buf, size_t len, uint64_t off,
		      uint64_t *ret_n, struct i2n_err *err)
{
	size_t at = 0, end;
	int rc = I2N_OK;

	*ret_n = 0;
	while (at < len && rc == I2N_OK) {
		while (at < len && is_zero(buf + at, block_at(at, len)))
			at += block_at(at, len);
		for (end = at; end < len && !is_zero(buf + end, block_at(end, len));)
			end += block_at(end, len);
		rc = write_run(s, buf + at, end - at, off + at, err);
		*ret_n += end - at;
		at = end;
	}
	return rc;
}

static bool ask_unused(struct spool *s, struct i2n_image_unused *ret)
{
	(void)pthread_mutex_lock(&s->mutex);	/* of our own making: cannot fail; so below */
	*ret = s->unused;
	(void)pthread_mutex_unlock(&s->mutex);
	return ret->at;
}

static bool remember_unkept(struct spool *s, uint64_t off, uint64_t len)
{
	bool ret;

	(void)pthread_mutex_lock(&s->mutex);
	ret = unkept_add(&s->unkept, off, len);
	(void)pthread_mutex_unlock(&s->mutex);
	return ret;
}

/* write_data(), but for what is not used. */
static int write_used(struct spool *s, const unsigned char *buf, size_t len, uint64_t off,
		      uint64_t *ret_n, struct i2n_err *err)
{
	struct i2n_image_unused unused;
	uint64_t n = len, stored;
	int rc = I2N_OK;

	*ret_n = 0;
	if (!len || !s->asked || !ask_unused(s, &unused))
		return write_data(s, buf, len, off, ret_n, err);
	s->come.size = s->unpacked;
	for (; len && rc == I2N_OK; buf += n, off += n, len -= (size_t)n) {
		const bool is_unused = unused.at(unused.ctx, &s->come, off, &n);

		n = n < len ? n : len;
		if (is_unused && (is_zero(buf, (size_t)n) || remember_unkept(s, off, n)))
			continue;
		rc = write_data(s, buf, (size_t)n, off, &stored, err);
		*ret_n += stored;
	}
	return rc;
}

static int too_large(const struct spool *s, struct i2n_err *err)
{
	i2n_err_set(err, I2N_DOM_PACKED, 0, "cannot unpack %s: it is larger than %" PRIu64 " bytes",
		    s->src.name, s->max_size);
	i2n_err_hint(err, "--max-unpacked allows more");
	return I2N_FATAL;
}

static int check_limits(struct spool *s, uint64_t unpacked, uint64_t spooled, struct i2n_err *err)
{
	struct input_progress in;
	uint64_t packed, allowed;

	if (unpacked > s->max_size)
		return too_large(s, err);
	if (spooled < RATIO_FROM)
		return I2N_OK;
	input_progress(s->opts.input, &in);
	packed = in.bytes;
	if (!i2n_mul(packed, s->max_ratio, &allowed))
		return I2N_OK;
	if (spooled <= allowed)
		return I2N_OK;
	i2n_err_set(err, I2N_DOM_PACKED, 0,
		    "cannot unpack %s: %" PRIu64 " bytes grew to %" PRIu64
		    " that are not zero, as those of a zip bomb do",
		    s->src.name, packed, spooled);
	i2n_err_hint(err, "if you trust it, --max-ratio allows more than %" PRIu64 " times",
		     s->max_ratio);
	return I2N_FATAL;
}

/* The part of [off, off + len) that is kept, relative to off. */
static void clip(struct spool *s, uint64_t off, size_t len, size_t *ret_from, size_t *ret_to)
{
	uint64_t from = off, to = off + len;

	(void)pthread_mutex_lock(&s->mutex);
	if (from < s->keep_off)
		from = s->keep_off < to ? s->keep_off : to;
	if (to > s->keep_end)
		to = s->keep_end > from ? s->keep_end : from;
	(void)pthread_mutex_unlock(&s->mutex);
	*ret_from = (size_t)(from - off);
	*ret_to = (size_t)(to - off);
}

static int take(struct spool *s, const unsigned char *buf, size_t n, struct i2n_err *err)
{
	uint64_t stored = 0;
	size_t from, to;
	int rc;

	rc = check_limits(s, s->unpacked + n, s->spooled, err);
	if (rc != I2N_OK)
		return rc;
	clip(s, s->unpacked, n, &from, &to);
	rc = write_used(s, buf + from, to - from, s->unpacked + from, &stored, err);
	if (rc != I2N_OK)
		return rc;
	(void)pthread_mutex_lock(&s->mutex);
	s->unpacked += n;
	s->spooled += stored;
	(void)pthread_cond_broadcast(&s->moved);
	(void)pthread_mutex_unlock(&s->mutex);
	return I2N_OK;
}

static bool is_stopped(struct spool *s)
{
	bool ret;

	(void)pthread_mutex_lock(&s->mutex);
	ret = s->stop;
	(void)pthread_mutex_unlock(&s->mutex);
	return ret;
}

/* Give back the place of what came before anybody said that it is of no use. */
static void drop_unused(struct spool *s, unsigned char *buf)
{
	struct i2n_image_unused unused;
	uint64_t off, n, end = s->unpacked;

	if (s->asked || !ask_unused(s, &unused))
		return;
	s->asked = true;
	s->come.size = end;
	for (off = s->keep_off; off < end; off += n) {
		const bool is_unused = unused.at(unused.ctx, &s->come, off, &n);

		n = n < end - off ? n : end - off;
		if (!is_unused)
			continue;
		n = n < CHUNK ? n : CHUNK;
		if (read_file(s, buf, (size_t)n, off, NULL) != I2N_OK || is_zero(buf, (size_t)n) ||
		    !remember_unkept(s, off, n))
			continue;
		/* the range counts as not kept, whether the system can make a hole or not */
		os_punch(s->fd, off, n);
	}
}

static int unpack_all(struct spool *s, unsigned char *buf, struct i2n_err *err)
{
	size_t n = 1;
	int rc = I2N_OK;

	while (n && rc == I2N_OK && !is_stopped(s)) {
		drop_unused(s, buf);
		rc = stream_read(s->stream, buf, CHUNK, &n, err);
		if (rc == I2N_OK && n)
			rc = take(s, buf, n, err);
	}
	return rc;
}

static void *run(void *arg)
{
	struct spool *s = arg;
	struct i2n_err err = { 0 };
	unsigned char *buf = malloc(CHUNK);
	int rc = buf ? unpack_all(s, buf, &err) : i2n_err_nomem(&err);

	free(buf);
	(void)pthread_mutex_lock(&s->mutex);
	s->ended = true;
	s->rc = rc;
	s->err = err;
	(void)pthread_cond_broadcast(&s->moved);
	(void)pthread_mutex_unlock(&s->mutex);
	return NULL;
}

/* --- the reader --- */

static bool is_interrupted(const struct spool *s)
{
	return s->opts.image->stop && *s->opts.image->stop;
}

static void tell_waiting(const struct spool *s)
{
	struct i2n_image_progress at = { .packed_total = s->opts.packed_size,
					 .unpacked = s->unpacked, .spooled = s->spooled };
	struct input_progress in;

	if (!s->opts.image->on_wait)
		return;
	input_progress(s->opts.input, &in);
	at.packed = in.bytes;
	s->opts.image->on_wait(s->opts.image->ctx, &at);
}

/* Until `end` bytes have come, or the stream ended. With the mutex held. */
static int wait_for(struct spool *s, uint64_t end, struct i2n_err *err)
{
	while (s->unpacked < end && !s->ended) {
		if (is_interrupted(s))
			return i2n_fail(err, I2N_FATAL, I2N_DOM_STOPPED, *s->opts.image->stop,
					"stopped by signal %d", *s->opts.image->stop);
		tell_waiting(s);
		task_wait(&s->moved, &s->mutex);
	}
	return I2N_OK;
}

/* After the end: it is shorter than somebody said, or it broke. With the mutex held. */
static int beyond(const struct spool *s, uint64_t off, struct i2n_err *err)
{
	if (s->rc != I2N_OK) {
		*err = s->err;
		return s->rc;
	}
	i2n_err_set(err, I2N_DOM_PACKED, 0,
		    "cannot read %s at %" PRIu64 ": the unpacked image ends at %" PRIu64,
		    s->src.name, off, s->unpacked);
	i2n_err_hint(err, "it was cut short before it was packed");
	return I2N_FATAL;
}

static int spool_pread(struct i2n_source *src, void *buf, size_t len, uint64_t off,
		       struct i2n_err *err)
{
	struct spool *s = (struct spool *)src;
	struct i2n_err why = { 0 };
	int rc;

	(void)pthread_mutex_lock(&s->mutex);
	rc = wait_for(s, off + len, &why);
	if (rc == I2N_OK && s->unpacked < off + len)
		rc = beyond(s, off, &why);
	if (rc == I2N_OK && unkept_has(&s->unkept, off, len))
		rc = i2n_fail(&why, I2N_FATAL, I2N_DOM_IMAGE, 0,
			      "cannot read %s at %" PRIu64 ": the file system calls these blocks "
			      "free, so they were not kept", s->src.name, off);
	(void)pthread_mutex_unlock(&s->mutex);
	if (rc == I2N_OK)
		return read_file(s, buf, len, off, err);
	if (err)
		*err = why;
	return rc;
}

/* After the end a read says what is wrong, if anything is. */
static uint64_t spool_available(struct i2n_source *src)
{
	struct spool *s = (struct spool *)src;
	uint64_t n;

	(void)pthread_mutex_lock(&s->mutex);
	n = s->ended ? src->size : s->unpacked;
	(void)pthread_mutex_unlock(&s->mutex);
	return n;
}

static void spool_free(struct i2n_source *src)
{
	struct spool *s = (struct spool *)src;

	(void)pthread_mutex_lock(&s->mutex);
	s->stop = true;
	(void)pthread_mutex_unlock(&s->mutex);
	input_stop(s->opts.input);	/* the thread may be waiting there */
	task_join(&s->task);
	stream_free(s->stream);
	if (s->fd >= 0)
		(void)close(s->fd);	/* its content is of no more use */
	unkept_release(&s->unkept);
	(void)pthread_cond_destroy(&s->moved);
	(void)pthread_mutex_destroy(&s->mutex);
	free(s->name);
	free(s);
}

static const struct i2n_source_ops spool_ops = {
	.name = "spool",
	.pread = spool_pread,
	.available = spool_available,
	.free = spool_free,
};

int spool_finish(struct i2n_source *src, struct i2n_err *err)
{
	struct spool *s = (struct spool *)src;
	int rc;

	(void)pthread_mutex_lock(&s->mutex);
	rc = wait_for(s, UINT64_MAX, err);
	if (rc == I2N_OK && s->rc != I2N_OK) {
		rc = s->rc;
		*err = s->err;
	}
	(void)pthread_mutex_unlock(&s->mutex);
	return rc;
}

void spool_progress(struct i2n_source *src, struct i2n_image_progress *ret)
{
	struct spool *s = (struct spool *)src;

	(void)pthread_mutex_lock(&s->mutex);
	ret->unpacked = s->unpacked;
	ret->spooled = s->spooled;
	ret->is_done = s->ended;
	(void)pthread_mutex_unlock(&s->mutex);
}

void spool_keep_only(struct i2n_source *src, uint64_t off, uint64_t len)
{
	struct spool *s = (struct spool *)src;

	(void)pthread_mutex_lock(&s->mutex);
	s->keep_off = off;
	s->keep_end = off + len;
	(void)pthread_mutex_unlock(&s->mutex);
}

static uint64_t free_space(int fd)
{
	struct statvfs st;

	return fstatvfs(fd, &st) < 0 ? UINT64_MAX : (uint64_t)st.f_bavail * st.f_frsize;
}

void spool_leave_out(struct i2n_source *src, const struct i2n_image_unused *unused)
{
	struct spool *s = (struct spool *)src;

	(void)pthread_mutex_lock(&s->mutex);
	s->unused = *unused;
	(void)pthread_mutex_unlock(&s->mutex);
}

void spool_expect(struct i2n_source *src, uint64_t len)
{
	struct spool *s = (struct spool *)src;
	uint64_t room = free_space(s->fd), spooled;

	(void)pthread_mutex_lock(&s->mutex);
	spooled = s->spooled;
	(void)pthread_mutex_unlock(&s->mutex);
	if (spooled >= len || len - spooled <= room)
		return;
	i2n_note(s->opts.image->notes, I2N_NOTE_WARN, "spool", NULL, 0,
		 "%s may be too small to unpack %s into: %" PRIu64 " bytes are free, up to %" PRIu64
		 " may be needed; --spool chooses another folder",
		 s->dir, s->src.name, room, len - spooled);
}

/* --- opening --- */

static const char *folder(const struct i2n_image_opts *opts)
{
	const char *dir = opts->spool ? opts->spool : getenv("TMPDIR");

	return dir && dir[0] ? dir : "/var/tmp";
}

static int open_file(struct spool *s, struct i2n_err *err)
{
	const char *dir = folder(s->opts.image);

	i2n_quote(s->dir, sizeof(s->dir), dir, strlen(dir));
	s->fd = os_open_unlinked(dir);
	if (s->fd < 0) {
		int sys = errno;

		i2n_err_set(err, I2N_DOM_SYS, sys,
			    "cannot make a file in %s to unpack %s into: %s", s->dir, s->src.name,
			    strerror(sys));
		i2n_err_hint(err, "choose another folder with --spool");
		return I2N_FATAL;
	}
	return I2N_OK;
}

/* Where nobody knows the size, no partition shall seem to lie outside; a limit is kept by the
 * thread. */
static uint64_t open_end(uint64_t max_size)
{
	return max_size > I2N_IMAGE_MAX_SIZE ? max_size : I2N_IMAGE_MAX_SIZE;
}

int spool_open(struct stream *stream, const struct spool_opts *opts, struct i2n_source **ret,
	       struct i2n_err *err)
{
	struct spool *s = calloc(1, sizeof(*s));
	int rc;

	if (!s)
		return i2n_err_nomem(err);
	s->opts = *opts;
	s->fd = -1;
	s->max_size = opts->image->max_size ? opts->image->max_size : I2N_IMAGE_MAX_SIZE;
	s->max_ratio = opts->image->max_ratio ? opts->image->max_ratio : I2N_IMAGE_MAX_RATIO;
	s->keep_end = UINT64_MAX;
	s->name = strdup(stream->name);
	s->src = (struct i2n_source){
		.ops = &spool_ops,
		.size = stream->size ? stream->size : open_end(s->max_size),
		.is_stream = true,
		.is_open_ended = !stream->size,
		.name = s->name,
	};
	s->come = (struct i2n_source){ .ops = &come_ops, .name = s->name };
	(void)pthread_mutex_init(&s->mutex, NULL);	/* cannot fail on any system we know */
	(void)pthread_cond_init(&s->moved, NULL);
	rc = s->name ? open_file(s, err) : i2n_err_nomem(err);
	if (rc == I2N_OK && stream->size > s->max_size)
		rc = too_large(s, err);
	s->stream = stream;
	if (rc == I2N_OK)
		rc = task_start(&s->task, run, s, err);
	if (rc == I2N_OK) {
		*ret = &s->src;
	} else {
		s->stream = NULL;	/* stays the caller's */
		spool_free(&s->src);
	}
	return rc;
}
