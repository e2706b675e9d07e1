/* unproven.h - a file in the destination that says: contents here may be wrong.
 *
 * The checksum at the end of a compressed stream, or that of the whole file, may tell that an image
 * was damaged when all of it is stored. Names, sizes and times are right then, and contents are
 * not; a later run with --update, which looks at names, sizes and times, would leave them there. So
 * a run from an image that is still to prove itself makes this file before it stores anything, and
 * removes it when the image has. A run that finds one compares contents, unless it has the very
 * same file for an image: its checksum is that of what was stored before, too. Killed runs leave
 * the file as it has to be.
 *
 * It holds one line, the stamp of the image's file (packed.h). Nothing in it, or another one, is
 * the same as that of another image: on a full server the line cannot be written.
 *
 * Thread:    that of the sink.
 * Trust:     what it holds is only compared. */
#ifndef CLI_UNPROVEN_H
#define CLI_UNPROVEN_H

#include "img2nfs/sink.h"

struct unproven {
	const volatile int *stop;	/* or NULL */
	bool there;
	bool is_made;		/* by us: it was not there before */
	bool is_of_other;	/* it was, and not from this image's file */
};

/* Is there one? stamp: of our image. */
int unproven_look(struct unproven *u, struct i2n_sink *sink, const char *stamp,
		  struct i2n_err *err);
/* There is one that fits for what is there and what will be stored now. */
int unproven_make(struct unproven *u, struct i2n_sink *sink, const char *stamp,
		  struct i2n_err *err);
int unproven_remove(struct unproven *u, struct i2n_sink *sink, struct i2n_err *err);

#endif
