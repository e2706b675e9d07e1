/* volumes.h - the ranges of an image that may hold a file system, each with what its magic numbers
 * say.
 *
 * One volume per partition; without a partition table one volume, the whole image.
 *
 * Ownership: volumes_release() frees the slices; the image and the table must outlive them.
 * Trust:     labels are raw bytes. */
#ifndef CLI_VOLUMES_H
#define CLI_VOLUMES_H

#include "img2nfs/ptable.h"

struct volume {
	const struct i2n_part *part;	/* NULL: the whole image */
	struct i2n_source *slice;	/* what of it is inside the image; NULL when nothing is, and
					 * for a container */
	uint64_t missing;		/* bytes of it after the end of the image */
	struct i2n_fstype fstype;	/* of the slice */
};

struct volumes {
	struct volume *v;
	unsigned n;
};

int volumes_probe(struct i2n_source *image, const struct i2n_ptable *pt, struct volumes *ret,
		  struct i2n_err *err);
void volumes_release(struct volumes *vols);

#endif
