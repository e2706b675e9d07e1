#define _POSIX_C_SOURCE 200809L
#include "input.h"

#include "ring.h"
#include "sha256_sum.h"
#include "task.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define POLL_MS 200

struct input {
	struct input_opts opts;
	struct sha256_sum *sum;
	struct task task;
	struct ring ring;
	uint64_t at;			/* the thread's: position in the source */
};

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

	while (!ring_is_stopped(&in->ring)) {
		int ready = poll(&p, 1, POLL_MS);
		ssize_t n;

		if (!ready || (ready < 0 && errno == EINTR))
			continue;
		n = ready < 0 ? -1 : read(in->opts.fd, buf, RING_CHUNK);
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
	uint64_t left = src->size - in->at, off = in->at;

	*ret_n = left < RING_CHUNK ? (size_t)left : RING_CHUNK;
	in->at += *ret_n;
	/* not through the gate, which belongs to the caller's thread */
	return *ret_n ? src->ops->pread(src, buf, *ret_n, off, err) : I2N_OK;
}

static void *run(void *arg)
{
	struct input *in = arg;
	struct i2n_err err = { 0 };
	unsigned char *buf;
	size_t n = 1;
	int rc = I2N_OK;

	while (n && (buf = ring_room(&in->ring))) {
		rc = in->opts.source ? read_source(in, buf, &n, &err)
				     : read_pipe(in, buf, &n, &err);
		if (rc != I2N_OK)
			break;
		if (in->sum)
			sha256_sum_add(in->sum, buf, n);
		if (n)
			ring_put(&in->ring, n);
	}
	ring_end(&in->ring, rc, &err);
	return NULL;
}

static int start(struct input *in, struct i2n_err *err)
{
	if (ring_init(&in->ring, in->opts.image->stop, err) ||
	    (in->opts.digest && sha256_sum_new(&in->sum, err)))
		return I2N_FATAL;
	in->ring.drop = in->opts.digest_only;
	return task_start(&in->task, run, in, err);
}

int input_open(const struct input_opts *opts, struct input **ret, struct i2n_err *err)
{
	struct input *in = calloc(1, sizeof(*in));
	int rc;

	if (!in)
		return i2n_err_nomem(err);
	in->opts = *opts;
	rc = start(in, err);
	if (rc == I2N_OK)
		*ret = in;
	else
		input_free(in);
	return rc;
}

void input_stop(struct input *in)
{
	ring_stop(&in->ring);
}

void input_free(struct input *in)
{
	if (!in)
		return;
	input_stop(in);
	task_join(&in->task);
	ring_release(&in->ring);
	sha256_sum_free(in->sum);
	free(in);
}

struct reader {
	struct stream stream;
	struct input *in;
};

static int reader_lend(struct stream *s, void *buf, size_t len, const unsigned char **ret,
		       size_t *ret_n, struct i2n_err *err)
{
	(void)buf, (void)len;
	return ring_peek(&((struct reader *)s)->in->ring, ret, ret_n, err);
}

static void reader_take(struct stream *s, size_t n)
{
	ring_take(&((struct reader *)s)->in->ring, n);
}

static void reader_free(struct stream *s)
{
	free(s);
}

static const struct stream_ops reader_ops = { .lend = reader_lend, .take = reader_take,
					      .free = reader_free };

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
	const struct i2n_image_opts *image = in->opts.image;
	struct i2n_image_progress at = { 0 };
	bool has_ended;
	int rc;

	while ((rc = ring_drain(&in->ring, err)) == I2N_RETRY) {
		at.packed = ring_bytes(&in->ring, &has_ended);
		at.packed_total = in->opts.source ? in->opts.source->size : 0;
		if (image->on_wait)
			image->on_wait(image->ctx, &at);
	}
	if (rc == I2N_OK && in->sum)	/* the thread has ended: it is ours */
		sha256_sum_hex(in->sum, hex);
	return rc;
}

void input_progress(struct input *in, struct input_progress *ret)
{
	ret->bytes = ring_bytes(&in->ring, &ret->is_done);
}
