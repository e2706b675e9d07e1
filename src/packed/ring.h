/* ring.h - bytes from one thread to another through a few buffers: the one that fills waits when
 * all are full, the one that empties when all are empty.
 *
 * Thread:    ring_room(), ring_put() and ring_end() by the thread that fills; ring_peek() and
 *            ring_take() by one at a time that empties; the others by any.
 * Ownership: a buffer is the filler's from ring_room() to ring_put(), the emptier's from
 *            ring_peek() until ring_take() has taken all of it.
 * Errors:    those of ring_end(), for who empties; STOPPED when it waits and *stop is not 0, or
 *            after ring_stop(). */
#ifndef RING_H
#define RING_H

#include "img2nfs/err.h"

#include <pthread.h>

#define RING_CHUNK ((size_t)256 << 10)
#define RING_CHUNKS 8u

struct ring {
	unsigned char *chunks[RING_CHUNKS];
	size_t lens[RING_CHUNKS];
	const volatile int *stop_signal;	/* may be NULL */
	size_t at;			/* the emptier's: position in its chunk */
	pthread_mutex_t mutex;		/* of all that follows */
	pthread_cond_t moved;
	uint64_t filled, emptied;	/* chunks so far; filled - emptied of them hold something */
	uint64_t bytes;			/* that were put in */
	bool drop;			/* what comes is not wanted any more */
	bool ended, stop;
	int rc;				/* with `ended`: I2N_OK, or what err says */
	struct i2n_err err;
};

/* Of a zeroed struct; ring_release() is needed in any case. */
int ring_init(struct ring *r, const volatile int *stop_signal, struct i2n_err *err);
/* When the other thread has ended. */
void ring_release(struct ring *r);

/* RING_CHUNK bytes to be filled; NULL: stop, nobody wants them. */
unsigned char *ring_room(struct ring *r);
/* The first n bytes of it are filled. */
void ring_put(struct ring *r, size_t n);
/* Nothing more comes; what is in it can still be taken, and then the error, if it is one. */
void ring_end(struct ring *r, int rc, const struct i2n_err *err);

/* At least one byte; *ret_n 0 at the end. */
int ring_peek(struct ring *r, const unsigned char **ret, size_t *ret_n, struct i2n_err *err);
/* n of those are no longer needed. */
void ring_take(struct ring *r, size_t n);

/* Nobody empties it any more, what is put in is dropped: wait a moment for the end. I2N_RETRY: it
 * has not come. */
int ring_drain(struct ring *r, struct i2n_err *err);

/* Make both threads end soon. */
void ring_stop(struct ring *r);
bool ring_is_stopped(struct ring *r);

/* Bytes that were put in; has it ended? */
uint64_t ring_bytes(struct ring *r, bool *ret_ended);

#endif
