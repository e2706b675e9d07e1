/* layers.h - from the raw bytes to those of a disk, through compressions and one archive.
 *
 * What each layer is, its first bytes say. At most LAYERS_MAX compressions lie around an archive,
 * and as many around a member of it; an archive in an archive is not opened. Of an archive the one
 * member is taken that is a disk by its content, or the one that is named.
 *
 * Ownership: `raw` is taken, whatever comes of it; the stream given back owns it and all
 *            between. */
#ifndef LAYERS_H
#define LAYERS_H

#include "img2nfs/packed.h"

#include "stream.h"

#define LAYERS_MAX 3u

struct layers_opts {
	struct stream *raw;		/* or NULL, when */
	struct i2n_source *file;	/* is an archive that is read by seeking, */
	const char *type;		/* of this type */
	const char *name;		/* of the raw bytes, for messages, quoted */
	const char *spec;		/* the same as the user wrote it, for hints */
	const char *member;		/* NULL: find the one */
	unsigned threads;
};

/* The bytes of the disk. *ret_is_packed: something is unpacked; else they are the raw ones. */
int layers_open(const struct layers_opts *opts, struct stream **ret, bool *ret_is_packed,
		struct i2n_err *err);

#endif
