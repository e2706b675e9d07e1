/* tar_attrs.h - extended attributes, ACLs and capabilities of an object, as pax records. */
#ifndef TAR_ATTRS_H
#define TAR_ATTRS_H

#include "img2nfs/reader.h"

#include "tar_pax.h"

/* bsdtar up to libarchive 3.6 refuses an archive with more than 1 MiB in front of one member. */
#define TAR_ATTRS_MAX ((size_t)1000000)

/* Appends them, sorted, to records. *ret_left_out: so many did not fit into TAR_ATTRS_MAX.
 * I2N_BADNODE: some are damaged, the others are there. */
int tar_attrs_get(struct i2n_reader *r, const struct i2n_inode *in, struct tar_buf *records,
		  unsigned *ret_left_out, struct i2n_err *err);

#endif
