#define _POSIX_C_SOURCE 200809L
#include "spool.h"

#include "checked.h"
#include "spool_file.h"
#include "task.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK ((size_t)256 << 10)
/* nobody minds a bomb that is smaller, and the ratio of the first bytes says nothing */
#define RATIO_FROM ((uint64_t)256 << 20)

struct spool {
	struct i2n_source src;
	struct spool_opts opts;
	struct stream *stream;		/* the thread's */
	char *name;
	struct spool_file file;
	struct task task;
	uint64_t max_size, max_ratio;
	pthread_mutex_t mutex;		/* of all that follows */
	pthread_cond_t moved;
	uint64_t unpacked;
	bool ended, stop;
	int rc;				/* with `ended`: I2N_OK, or what err says */
	struct i2n_err err;
};

/* --- the thread --- */

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

static int take(struct spool *s, const unsigned char *buf, size_t n, struct i2n_err *err)
{
	int rc = check_limits(s, s->unpacked + n, spool_file_spooled(&s->file), err);

	if (rc == I2N_OK)
		rc = spool_file_add(&s->file, buf, n, s->unpacked, err);
	if (rc != I2N_OK)
		return rc;
	(void)pthread_mutex_lock(&s->mutex);	/* of our own making: cannot fail; so below */
	s->unpacked += n;
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

static int unpack_all(struct spool *s, unsigned char *buf, struct i2n_err *err)
{
	const unsigned char *come;
	size_t n;
	int rc = I2N_OK;

	while (rc == I2N_OK && !is_stopped(s)) {
		rc = stream_lend(s->stream, buf, CHUNK, &come, &n, err);
		if (rc != I2N_OK || !n)
			break;
		rc = take(s, come, n, err);
		stream_take(s->stream, n);
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

static void tell_waiting(struct spool *s)
{
	struct i2n_image_progress at = { .packed_total = s->opts.packed_size,
					 .unpacked = s->unpacked,
					 .spooled = spool_file_spooled(&s->file) };
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
	i2n_err_set(err, I2N_DOM_PACKED, 0, "cannot read %s at %" PRIu64 ": %s ends at %" PRIu64,
		    s->src.name, off, s->opts.is_packed ? "the unpacked image" : "it", s->unpacked);
	i2n_err_hint(err, s->opts.is_packed ? "it was cut short before it was packed"
					    : "what writes into the pipe ended too early");
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
	if (rc == I2N_OK && spool_file_lacks(&s->file, off, len))
		rc = i2n_fail(&why, I2N_FATAL, I2N_DOM_IMAGE, 0,
			      "cannot read %s at %" PRIu64 ": the file system calls these blocks "
			      "free, so they were not kept", s->src.name, off);
	(void)pthread_mutex_unlock(&s->mutex);
	if (rc == I2N_OK)
		return spool_file_read(&s->file, buf, len, off, err);
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
	spool_file_close(&s->file);
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
	ret->spooled = spool_file_spooled(&s->file);
	ret->is_done = s->ended;
	(void)pthread_mutex_unlock(&s->mutex);
}

void spool_keep_only(struct i2n_source *src, uint64_t off, uint64_t len)
{
	spool_file_keep_only(&((struct spool *)src)->file, off, len);
}

void spool_leave_out(struct i2n_source *src, const struct i2n_image_unused *unused)
{
	spool_file_leave_out(&((struct spool *)src)->file, unused);
}

void spool_expect(struct i2n_source *src, uint64_t len)
{
	struct spool *s = (struct spool *)src;
	const uint64_t room = spool_file_room(&s->file), spooled = spool_file_spooled(&s->file);

	if (spooled >= len || len - spooled <= room)
		return;
	i2n_note(s->opts.image->notes, I2N_NOTE_WARN, "spool", NULL, 0,
		 "%s may be too small to unpack %s into: %" PRIu64 " bytes are free, up to %" PRIu64
		 " may be needed; --spool chooses another folder",
		 s->file.dir, s->src.name, room, len - spooled);
}

/* --- opening --- */

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
	s->file.fd = -1;
	s->max_size = opts->image->max_size ? opts->image->max_size : I2N_IMAGE_MAX_SIZE;
	s->max_ratio = opts->image->max_ratio ? opts->image->max_ratio : I2N_IMAGE_MAX_RATIO;
	s->name = strdup(stream->name);
	s->src = (struct i2n_source){
		.ops = &spool_ops,
		.size = stream->size ? stream->size : open_end(s->max_size),
		.is_stream = true,
		.is_open_ended = !stream->size,
		.name = s->name,
	};
	(void)pthread_mutex_init(&s->mutex, NULL);	/* cannot fail on any system we know */
	(void)pthread_cond_init(&s->moved, NULL);
	rc = s->name ? spool_file_open(&s->file, opts->place, opts->image->spool, s->name, err)
		     : i2n_err_nomem(err);
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
