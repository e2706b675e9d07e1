/* stream_ahead.h - a stream that is read by a thread of its own, some buffers (ring.h) ahead of who
 * reads it: unpacking need not wait for what is done with what came out.
 *
 * Ownership: takes `from`, whatever comes of it. */
#ifndef STREAM_AHEAD_H
#define STREAM_AHEAD_H

#include "stream.h"

/* stop_signal: ends waiting when it is not 0; may be NULL. What `from` reads from is to be stopped
 * before the stream is freed. */
int ahead_open(struct stream *from, const volatile int *stop_signal, struct stream **ret,
	       struct i2n_err *err);

#endif
