/* stream.h - bytes that come once, in order: the raw file, what a decompressor makes of it, a
 * member of an archive. Streams stack, each on the one that it reads from.
 *
 * Thread:    one thread at a time; the opener's first, then the spool's.
 * Ownership: a stream owns the one it reads from, except where its constructor says otherwise;
 *            stream_free() accepts NULL.
 * Trust:     whatever comes out is hostile.
 * Errors:    I2N_FATAL, domain PACKED for what the bytes are to blame for; after an error a stream
 *            gives only errors. */
#ifndef STREAM_H
#define STREAM_H

#include "img2nfs/err.h"

#include <stddef.h>

#define STREAM_HEAD ((size_t)96 << 10)	/* what i2n_fstype_probe() wants to see */

struct stream;

struct stream_ops {
	/* Up to len bytes, at least 1; *ret_n 0 is the end, and then everything that the format can
	 * check has been checked. NULL: by lend and take. */
	int (*read)(struct stream *s, void *buf, size_t len, size_t *ret_n, struct i2n_err *err);
	/* Optional: see stream_lend(). */
	int (*lend)(struct stream *s, void *buf, size_t len, const unsigned char **ret,
		    size_t *ret_n, struct i2n_err *err);
	void (*take)(struct stream *s, size_t n);
	void (*free)(struct stream *s);
};

/* Embed as first member. */
struct stream {
	const struct stream_ops *ops;
	const char *name;	/* for messages, quoted; lives as long as the stream */
	uint64_t size;		/* that it will have, as far as somebody said so; 0: unknown */
};

int stream_read(struct stream *s, void *buf, size_t len, size_t *ret_n, struct i2n_err *err);
/* Without a copy, where the stream has them already; else into buf. Valid until stream_take(s,
 * *ret_n), which is due before anything else is read. */
int stream_lend(struct stream *s, void *buf, size_t len, const unsigned char **ret, size_t *ret_n,
		struct i2n_err *err);
void stream_take(struct stream *s, size_t n);
/* Until len bytes are there or the end comes. */
int stream_fill(struct stream *s, void *buf, size_t len, size_t *ret_n, struct i2n_err *err);
void stream_free(struct stream *s);

/* A stream whose first STREAM_HEAD bytes can be looked at before they are read. */
int stream_peek_open(struct stream *from, struct stream **ret, struct i2n_err *err);
/* At once or after reading from below; shorter only where the stream is. */
int stream_peek(struct stream *peek, const unsigned char **ret, size_t *ret_len,
		struct i2n_err *err);

/* "cannot unpack 'x.img.gz': WHAT", domain PACKED. */
int stream_fail(const struct stream *s, const char *what, struct i2n_err *err);
int stream_cut(const struct stream *s, struct i2n_err *err);	/* it ends too early */

#endif
