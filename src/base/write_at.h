/* write_at.h - into files of this machine: pwrite(2), whole, and what is said when it fails. */
#ifndef BASE_WRITE_AT_H
#define BASE_WRITE_AT_H

#include "img2nfs/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* false: errno says why, ENOSPC where the system wrote nothing and said nothing. */
bool write_at(int fd, const void *buf, size_t len, uint64_t off);

/* "cannot VERB 'PATH': ", and what errno means; the destination is to blame. I2N_FATAL. */
int dest_failed(const char *verb, const char *path, struct i2n_err *err);

#endif
