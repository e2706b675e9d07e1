/* spool.h - a stream as a source: a thread unpacks it into a file without a name, and reads wait
 * until what they want has come.
 *
 * Blocks of zeros are left out of the file. The source is a stream (is_stream), and open-ended
 * where the stream does not say its size.
 *
 * Unit:      bytes.
 * Thread:    one caller's thread besides the own one, which reads the stream.
 * Ownership: owns the stream from a successful spool_open() on; the input and opts are borrowed.
 *            Freed with i2n_source_free().
 * Errors:    PACKED for what the stream gives, blame LOCAL for the file, STOPPED while waiting. */
#ifndef SPOOL_H
#define SPOOL_H

#include "input.h"

struct spool_opts {
	const struct i2n_image_opts *image;
	struct input *input;		/* that the stream reads from in the end: for the ratio,
					 * and to end it */
	uint64_t packed_size;		/* 0: unknown (a pipe) */
	bool is_packed;			/* the stream is not the input itself */
	struct spool_place *place;	/* the spool takes what is in it */
};

int spool_open(struct stream *s, const struct spool_opts *opts, struct i2n_source **ret,
	       struct i2n_err *err);

/* Wait for the end of the stream; an error of it is given here, too. */
int spool_finish(struct i2n_source *spool, struct i2n_err *err);

/* Sets unpacked, spooled and is_done. */
void spool_progress(struct i2n_source *spool, struct i2n_image_progress *ret);

/* At most about len bytes will be kept in all: warn where there is no room for them. They may be
 * fewer, because some are zeros, so that this is no reason to refuse. */
void spool_expect(struct i2n_source *spool, uint64_t len);

/* See i2n_image_leave_out(). */
void spool_leave_out(struct i2n_source *spool, const struct i2n_image_unused *unused);

/* From now on nobody will read outside of [off, off + len): it is not kept. */
void spool_keep_only(struct i2n_source *spool, uint64_t off, uint64_t len);

#endif
