/* tar_out.h - where the bytes of an archive go: a descriptor, compressed or not.
 *
 * Errors: I2N_FATAL, domain SYS. A signal that *stop tells of ends a write that waits: STOPPED. */
#ifndef TAR_OUT_H
#define TAR_OUT_H

#include "img2nfs/tar.h"

struct tar_out;

int tar_out_open(const struct i2n_tar_opts *opts, struct tar_out **ret, struct i2n_err *err);
int tar_out_write(struct tar_out *o, const void *buf, size_t len, struct i2n_err *err);
int tar_out_zeros(struct tar_out *o, uint64_t len, struct i2n_err *err);
/* Everything has been written. */
int tar_out_finish(struct tar_out *o, struct i2n_err *err);
/* NULL is fine. */
void tar_out_free(struct tar_out *o);

#endif
