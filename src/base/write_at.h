/* write_at.h - pwrite(2), whole. */
#ifndef BASE_WRITE_AT_H
#define BASE_WRITE_AT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* false: errno says why, ENOSPC where the system wrote nothing and said nothing. */
bool write_at(int fd, const void *buf, size_t len, uint64_t off);

#endif
