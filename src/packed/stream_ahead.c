#include "stream_ahead.h"

#include "ring.h"
#include "task.h"

#include <stdlib.h>

struct ahead {
	struct stream stream;
	struct stream *from;		/* the thread's */
	struct ring ring;
	struct task task;
};

static void *run(void *arg)
{
	struct ahead *a = arg;
	struct i2n_err err = { 0 };
	unsigned char *buf;
	size_t n = 1;
	int rc = I2N_OK;

	while (n && rc == I2N_OK && (buf = ring_room(&a->ring))) {
		rc = stream_read(a->from, buf, RING_CHUNK, &n, &err);
		if (rc == I2N_OK && n)
			ring_put(&a->ring, n);
	}
	ring_end(&a->ring, rc, &err);
	return NULL;
}

static int ahead_lend(struct stream *s, void *buf, size_t len, const unsigned char **ret,
		      size_t *ret_n, struct i2n_err *err)
{
	(void)buf, (void)len;
	return ring_peek(&((struct ahead *)s)->ring, ret, ret_n, err);
}

static void ahead_take(struct stream *s, size_t n)
{
	ring_take(&((struct ahead *)s)->ring, n);
}

static void ahead_free(struct stream *s)
{
	struct ahead *a = (struct ahead *)s;

	ring_stop(&a->ring);
	task_join(&a->task);
	ring_release(&a->ring);
	stream_free(a->from);
	free(a);
}

static const struct stream_ops ahead_ops = { .lend = ahead_lend, .take = ahead_take,
					     .free = ahead_free };

int ahead_open(struct stream *from, const volatile int *stop_signal, struct stream **ret,
	       struct i2n_err *err)
{
	struct ahead *a = calloc(1, sizeof(*a));
	int rc;

	if (!a) {
		stream_free(from);
		return i2n_err_nomem(err);
	}
	a->stream = (struct stream){ .ops = &ahead_ops, .name = from->name, .size = from->size };
	a->from = from;
	rc = ring_init(&a->ring, stop_signal, err);
	if (rc == I2N_OK)
		rc = task_start(&a->task, run, a, err);
	if (rc == I2N_OK)
		*ret = &a->stream;
	else
		ahead_free(&a->stream);
	return rc;
}
