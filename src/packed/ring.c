#define _POSIX_C_SOURCE 200809L
#include "ring.h"

#include "task.h"

#include <stdlib.h>

int ring_init(struct ring *r, const volatile int *stop_signal, struct i2n_err *err)
{
	r->stop_signal = stop_signal;
	(void)pthread_mutex_init(&r->mutex, NULL);	/* cannot fail on any system we know */
	(void)pthread_cond_init(&r->moved, NULL);
	for (unsigned i = 0; i < RING_CHUNKS; i++) {
		r->chunks[i] = malloc(RING_CHUNK);
		if (!r->chunks[i])
			return i2n_err_nomem(err);
	}
	return I2N_OK;
}

void ring_release(struct ring *r)
{
	for (unsigned i = 0; i < RING_CHUNKS; i++)
		free(r->chunks[i]);
	(void)pthread_cond_destroy(&r->moved);
	(void)pthread_mutex_destroy(&r->mutex);
}

static void lock(struct ring *r)
{
	(void)pthread_mutex_lock(&r->mutex);	/* of our own making: cannot fail */
}

static void unlock(struct ring *r)
{
	(void)pthread_mutex_unlock(&r->mutex);
}

static void unlock_moved(struct ring *r)
{
	(void)pthread_cond_broadcast(&r->moved);
	unlock(r);
}

static uint64_t held(const struct ring *r)
{
	return r->filled - r->emptied;
}

/* Who has to wait waits until half of the ring is his, so that the two do not take turns at each
 * buffer. With the mutex held. */
static void wait_for_room(struct ring *r)
{
	if (held(r) < RING_CHUNKS)
		return;
	while (!r->stop && !r->drop && held(r) > RING_CHUNKS / 2)
		task_wait(&r->moved, &r->mutex);
}

unsigned char *ring_room(struct ring *r)
{
	unsigned char *ret;

	lock(r);
	wait_for_room(r);
	if (r->drop)
		r->emptied = r->filled;
	ret = r->stop ? NULL : r->chunks[r->filled % RING_CHUNKS];
	unlock(r);
	return ret;
}

void ring_put(struct ring *r, size_t n)
{
	lock(r);
	r->lens[r->filled % RING_CHUNKS] = n;
	r->bytes += n;
	r->filled++;
	if (held(r) >= RING_CHUNKS / 2)
		(void)pthread_cond_broadcast(&r->moved);
	unlock(r);
}

void ring_end(struct ring *r, int rc, const struct i2n_err *err)
{
	lock(r);
	r->ended = true;
	r->rc = rc;
	r->err = *err;
	unlock_moved(r);
}

/* Has somebody had enough? With the mutex held. */
static int check_stop(const struct ring *r, struct i2n_err *err)
{
	int signo = r->stop_signal ? *r->stop_signal : 0;

	if (!r->stop && !signo)
		return I2N_OK;
	return i2n_fail(err, I2N_FATAL, I2N_DOM_STOPPED, signo, "stopped by signal %d", signo);
}

/* Until half of it is filled, or it ended; or something is in it, and more is slow to come. With
 * the mutex held. */
static int wait_for_bytes(struct ring *r, struct i2n_err *err)
{
	bool was_empty = !held(r);

	while (was_empty && held(r) < RING_CHUNKS / 2 && !r->ended) {
		if (check_stop(r, err))
			return I2N_FATAL;
		was_empty = !held(r);
		task_wait(&r->moved, &r->mutex);
	}
	if (held(r) || r->rc == I2N_OK)
		return I2N_OK;
	*err = r->err;
	return r->rc;
}

int ring_peek(struct ring *r, const unsigned char **ret, size_t *ret_n, struct i2n_err *err)
{
	unsigned i = 0;
	int rc;

	*ret_n = 0;
	lock(r);
	rc = wait_for_bytes(r, err);
	if (rc == I2N_OK && held(r)) {
		i = (unsigned)(r->emptied % RING_CHUNKS);
		*ret_n = r->lens[i] - r->at;
	}
	unlock(r);
	*ret = r->chunks[i] + r->at;
	return rc;
}

void ring_take(struct ring *r, size_t n)
{
	r->at += n;
	lock(r);
	if (r->at < r->lens[r->emptied % RING_CHUNKS]) {
		unlock(r);
		return;
	}
	r->at = 0;
	r->emptied++;
	if (held(r) <= RING_CHUNKS / 2)
		(void)pthread_cond_broadcast(&r->moved);
	unlock(r);
}

void ring_stop(struct ring *r)
{
	lock(r);
	r->stop = true;
	unlock_moved(r);
}

bool ring_is_stopped(struct ring *r)
{
	bool ret;

	lock(r);
	ret = r->stop;
	unlock(r);
	return ret;
}

int ring_drain(struct ring *r, struct i2n_err *err)
{
	int rc;

	lock(r);
	r->drop = true;
	(void)pthread_cond_broadcast(&r->moved);
	rc = r->ended ? r->rc : check_stop(r, err);
	if (rc == I2N_OK && !r->ended) {
		rc = I2N_RETRY;
		task_wait(&r->moved, &r->mutex);
	} else if (r->ended && rc != I2N_OK) {
		*err = r->err;
	}
	unlock(r);
	return rc;
}

uint64_t ring_bytes(struct ring *r, bool *ret_ended)
{
	uint64_t n;

	lock(r);
	n = r->bytes;
	*ret_ended = r->ended;
	unlock(r);
	return n;
}
