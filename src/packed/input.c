#define _POSIX_C_SOURCE 200809L
#include "input.h"

#include "sha256_sum.h"
#include "task.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define POLL_MS 200

struct chunk {
	unsigned char *bytes;
	size_t len;
};

struct input {
	struct input_opts opts;
	struct sha256_sum *sum;
	struct task task;
	pthread_mutex_t mutex;		/* of all that follows */
	pthread_cond_t moved;
	struct chunk ring[INPUT_RING];
	uint64_t filled, emptied;	/* chunks so far; filled - emptied of them hold something */
	uint64_t bytes, taken;
	bool drop;			/* what comes is not wanted any more */
	bool ended, stop;
	int rc;				/* with `ended`: I2N_OK, or what err says */
	struct i2n_err err;
	size_t at;			/* the reader's: position in the chunk it empties */
};

static bool is_stopped(struct input *in)
{
	bool ret;

	(void)pthread_mutex_lock(&in->mutex);	/* of our own making: cannot fail; so below */
	ret = in->stop;
	(void)pthread_mutex_unlock(&in->mutex);
	return ret;
}

static int read_failed(const struct input *in, int sys, struct i2n_err *err)
{
	i2n_err_set(err, I2N_DOM_SYS, sys, "cannot read %s: %s", in->opts.name, strerror(sys));
	i2n_err_blame(err, I2N_BLAME_IMAGE);
	return I2N_FATAL;
}

/* A pipe may be silent for hours: look now and then whether anybody still waits for it. */
static int read_pipe(struct input *in, unsigned char *buf, size_t *ret_n, struct i2n_err *err)
{
	struct pollfd p = { .fd = in->opts.fd, .events = POLLIN };

	while (!is_stopped(in)) {
		int ready = poll(&p, 1, POLL_MS);
		ssize_t n;

		if (!ready || (ready < 0 && errno == EINTR))
			continue;
		n = ready < 0 ? -1 : read(in->opts.fd, buf, INPUT_CHUNK);
		if (n < 0 && errno != EINTR && errno != EAGAIN)
			return read_failed(in, errno, err);
		if (n < 0)
			continue;
		*ret_n = (size_t)n;
		return I2N_OK;
	}
	*ret_n = 0;
	return I2N_OK;
}

static int read_source(struct input *in, unsigned char *buf, size_t *ret_n, struct i2n_err *err)
{
	struct i2n_source *src = in->opts.source;
	uint64_t left = src->size - in->bytes;

	*ret_n = left < INPUT_CHUNK ? (size_t)left : INPUT_CHUNK;
	/* not through the gate, which belongs to the caller's thread */
	return *ret_n ? src->ops->pread(src, buf, *ret_n, in->bytes, err) : I2N_OK;
}

/* The next buffer to fill, NULL when the thread shall end. */
static struct chunk *wait_for_room(struct input *in)
{
	struct chunk *ret;

	(void)pthread_mutex_lock(&in->mutex);
	while (!in->stop && !in->drop && in->filled - in->emptied == INPUT_RING)
		task_wait(&in->moved, &in->mutex);
	if (in->drop)
		in->emptied = in->filled;
	ret = in->stop ? NULL : &in->ring[in->filled % INPUT_RING];
	(void)pthread_mutex_unlock(&in->mutex);
	return ret;
}

static void hand_over(struct input *in, struct chunk *c, size_t n)
{
	(void)pthread_mutex_lock(&in->mutex);
	c->len = n;
	in->bytes += n;
	in->filled++;
	(void)pthread_cond_broadcast(&in->moved);
	(void)pthread_mutex_unlock(&in->mutex);
}

static void *run(void *arg)
{
	struct input *in = arg;
	struct i2n_err err = { 0 };
	struct chunk *c;
	size_t n = 1;
	int rc = I2N_OK;

	while (n && (c = wait_for_room(in))) {
		rc = in->opts.source ? read_source(in, c->bytes, &n, &err)
				     : read_pipe(in, c->bytes, &n, &err);
		if (rc != I2N_OK)
			break;
		if (in->sum)
			sha256_sum_add(in->sum, c->bytes, n);
		if (n)
			hand_over(in, c, n);
	}
	(void)pthread_mutex_lock(&in->mutex);
	in->ended = true;
	in->rc = rc;
	in->err = err;
	(void)pthread_cond_broadcast(&in->moved);
	(void)pthread_mutex_unlock(&in->mutex);
	return NULL;
}

static int start(struct input *in, struct i2n_err *err)
{
	unsigned i;

	if (in->opts.digest && sha256_sum_new(&in->sum, err))
		return I2N_FATAL;
	for (i = 0; i < INPUT_RING; i++) {
		in->ring[i].bytes = malloc(INPUT_CHUNK);
		if (!in->ring[i].bytes)
			return i2n_err_nomem(err);
	}
	in->drop = in->opts.digest_only;
	return task_start(&in->task, run, in, err);
}

int input_open(const struct input_opts *opts, struct input **ret, struct i2n_err *err)
{
	struct input *in = calloc(1, sizeof(*in));
	int rc;

	if (!in)
		return i2n_err_nomem(err);
	in->opts = *opts;
	(void)pthread_mutex_init(&in->mutex, NULL);	/* cannot fail on any system we know */
	(void)pthread_cond_init(&in->moved, NULL);
	rc = start(in, err);
	if (rc == I2N_OK)
		*ret = in;
	else
		input_free(in);
	return rc;
}

void input_stop(struct input *in)
{
	(void)pthread_mutex_lock(&in->mutex);
	in->stop = true;
	(void)pthread_cond_broadcast(&in->moved);
	(void)pthread_mutex_unlock(&in->mutex);
}

void input_free(struct input *in)
{
	if (!in)
		return;
	input_stop(in);
	task_join(&in->task);
	for (unsigned i = 0; i < INPUT_RING; i++)
		free(in->ring[i].bytes);
	sha256_sum_free(in->sum);
	(void)pthread_cond_destroy(&in->moved);
	(void)pthread_mutex_destroy(&in->mutex);
	free(in);
}

/* Has somebody had enough? With the mutex held. */
static int check_stop(const struct input *in, struct i2n_err *err)
{
	int signo = in->opts.image->stop ? *in->opts.image->stop : 0;

	if (!in->stop && !signo)
		return I2N_OK;
	return i2n_fail(err, I2N_FATAL, I2N_DOM_STOPPED, signo, "stopped by signal %d", signo);
}

/* With the mutex held: something is in the ring, or it ended. */
static int wait_for_bytes(struct input *in, struct i2n_err *err)
{
	while (in->filled == in->emptied && !in->ended) {
		if (check_stop(in, err))
			return I2N_FATAL;
		task_wait(&in->moved, &in->mutex);
	}
	if (in->filled != in->emptied || in->rc == I2N_OK)
		return I2N_OK;
	*err = in->err;
	return in->rc;
}

struct reader {
	struct stream stream;
	struct input *in;
};

static int reader_read(struct stream *s, void *buf, size_t len, size_t *ret_n, struct i2n_err *err)
{
	struct input *in = ((struct reader *)s)->in;
	struct chunk *c = NULL;
	int rc;

	*ret_n = 0;
	(void)pthread_mutex_lock(&in->mutex);
	rc = wait_for_bytes(in, err);
	if (rc == I2N_OK && in->filled != in->emptied)
		c = &in->ring[in->emptied % INPUT_RING];
	(void)pthread_mutex_unlock(&in->mutex);
	if (!c)
		return rc;
	/* the chunk is ours until it is counted as emptied */
	*ret_n = len < c->len - in->at ? len : c->len - in->at;
	memcpy(buf, c->bytes + in->at, *ret_n);
	in->at += *ret_n;
	(void)pthread_mutex_lock(&in->mutex);
	in->taken += *ret_n;
	if (in->at == c->len) {
		in->emptied++;
		in->at = 0;
		(void)pthread_cond_broadcast(&in->moved);
	}
	(void)pthread_mutex_unlock(&in->mutex);
	return I2N_OK;
}

static void reader_free(struct stream *s)
{
	free(s);
}

static const struct stream_ops reader_ops = { .read = reader_read, .free = reader_free };

int input_stream(struct input *in, struct stream **ret, struct i2n_err *err)
{
	struct reader *r = calloc(1, sizeof(*r));

	if (!r)
		return i2n_err_nomem(err);
	r->stream = (struct stream){ .ops = &reader_ops, .name = in->opts.name };
	r->in = in;
	*ret = &r->stream;
	return I2N_OK;
}

int input_finish(struct input *in, char hex[SHA256_HEX], struct i2n_err *err)
{
	int rc = I2N_OK;

	(void)pthread_mutex_lock(&in->mutex);
	in->drop = true;
	(void)pthread_cond_broadcast(&in->moved);
	while (!in->ended && (rc = check_stop(in, err)) == I2N_OK) {
		struct i2n_image_progress at = { .packed = in->bytes };

		if (in->opts.source)
			at.packed_total = in->opts.source->size;
		if (in->opts.image->on_wait)
			in->opts.image->on_wait(in->opts.image->ctx, &at);
		task_wait(&in->moved, &in->mutex);
	}
	if (rc == I2N_OK && in->rc != I2N_OK) {
		rc = in->rc;
		*err = in->err;
	}
	(void)pthread_mutex_unlock(&in->mutex);
	if (rc == I2N_OK && in->sum)	/* the thread has ended: it is ours */
		sha256_sum_hex(in->sum, hex);
	return rc;
}

void input_progress(struct input *in, struct input_progress *ret)
{
	(void)pthread_mutex_lock(&in->mutex);
	*ret = (struct input_progress){ in->bytes, in->taken, in->ended };
	(void)pthread_mutex_unlock(&in->mutex);
}
