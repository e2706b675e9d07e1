/* packed_own.h - what the files of src/packed/ share. */
#ifndef PACKED_OWN_H
#define PACKED_OWN_H

#include "img2nfs/packed.h"

/* The table of packed_random.h, by the word of i2n_fstype_probe(): I2N_END when it has no such row,
 * or when that function gave it. */
int packed_random_open(const char *type, struct i2n_source *raw, const struct i2n_image_opts *opts,
		       struct i2n_source **ret, struct i2n_err *err);

#endif
