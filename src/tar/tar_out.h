/* tar_out.h - where the bytes of an archive go: a file or a descriptor, compressed or not.
 *
 * A regular file is written under another name beside it, NAME.partN, and gets its own with
 * tar_out_publish(): nobody finds half an archive under it. Anything else is written as it is.
 *
 * Errors: I2N_FATAL, domain SYS. A signal that *stop tells of ends a write that waits: STOPPED. */
#ifndef TAR_OUT_H
#define TAR_OUT_H

#include "img2nfs/tar.h"

struct tar_out;

int tar_out_open(const struct i2n_tar_opts *opts, struct tar_out **ret, struct i2n_err *err);
int tar_out_write(struct tar_out *o, const void *buf, size_t len, struct i2n_err *err);
int tar_out_zeros(struct tar_out *o, uint64_t len, struct i2n_err *err);
/* Everything has been written; of a regular file: it is on the disk. */
int tar_out_finish(struct tar_out *o, struct i2n_err *err);
int tar_out_publish(struct tar_out *o, struct i2n_err *err);
/* What was not published is removed. NULL is fine. */
void tar_out_free(struct tar_out *o);

#endif
