/* packed_random.h - formats that can be read at any offset without unpacking what lies before.
 *
 * Each function looks at the bytes of `raw`. I2N_OK: *ret reads the unpacked image, and knows its
 * size. I2N_END: it is not this format, or it is but cannot be read at random (one block, no
 * index); nothing was kept, and the caller unpacks it as a stream. Else an error: it is this format
 * and damaged.
 *
 * Thread:    `raw` is a file, a device, a spooled stream, or what another one of these functions
 *            made. Threads of *ret call raw->ops->pread, where raw->any_thread says that they may;
 *            the gate i2n_source_pread() is for the caller's only, because it counts.
 * Ownership: `raw` is borrowed and outlives *ret; opts does, too. */
#ifndef PACKED_RANDOM_H
#define PACKED_RANDOM_H

#include "img2nfs/packed.h"

int packed_xz_open(struct i2n_source *raw, const struct i2n_image_opts *opts,
		   struct i2n_source **ret, struct i2n_err *err);
int packed_zstd_open(struct i2n_source *raw, const struct i2n_image_opts *opts,
		     struct i2n_source **ret, struct i2n_err *err);
int packed_qcow2_open(struct i2n_source *raw, const struct i2n_image_opts *opts,
		      struct i2n_source **ret, struct i2n_err *err);
int packed_simg_open(struct i2n_source *raw, const struct i2n_image_opts *opts,
		     struct i2n_source **ret, struct i2n_err *err);

#endif
