/* read_at.h - from files of this machine: pread(2), whole. */
#ifndef BASE_READ_AT_H
#define BASE_READ_AT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* *ret: how much of it there was, less than len where the file ends before, or after an error.
 * false: errno says why. */
bool read_at(int fd, void *buf, size_t len, uint64_t off, size_t *ret);

#endif
