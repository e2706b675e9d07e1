/* input.h - the raw bytes of an image file or of a pipe, read once from front to end by a thread of
 * its own, which takes their SHA-256 on the way.
 *
 * What was read is handed over in a ring (ring.h). An input that nobody reads (`digest_only`) runs
 * through.
 *
 * Thread:    the functions by one thread at a time; input_progress() by any.
 * Ownership: the source is borrowed and outlives the input, and its pread must bear being called
 *            beside others (a file's does); a file descriptor stays the caller's.
 * Errors:    blame IMAGE; STOPPED when image->stop is set while input_read() waits. */
#ifndef INPUT_H
#define INPUT_H

#include "img2nfs/packed.h"

#include "stream.h"

#define SHA256_HEX 65u

struct input;

struct input_opts {
	struct i2n_source *source;	/* read this, */
	int fd;				/* or, when it is NULL, this */
	const char *name;		/* for messages, quoted */
	bool digest, digest_only;
	const struct i2n_image_opts *image;	/* stop, and on_wait for input_finish() */
};

int input_open(const struct input_opts *opts, struct input **ret, struct i2n_err *err);
/* Stops the thread, at the latest when a read that it is in returns; accepts NULL. */
void input_free(struct input *in);

/* The bytes as a stream, which borrows the input. */
int input_stream(struct input *in, struct stream **ret, struct i2n_err *err);

/* Wait until the end of the file was seen; what nobody read is dropped. With a digest, hex gets it.
 * A read error is given here as it is to readers. */
int input_finish(struct input *in, char hex[SHA256_HEX], struct i2n_err *err);

/* Make a waiting reader and the thread end soon: for another thread's use. */
void input_stop(struct input *in);

struct input_progress {
	uint64_t bytes;			/* that were read */
	bool is_done;			/* the end was seen */
};

void input_progress(struct input *in, struct input_progress *ret);

#endif
