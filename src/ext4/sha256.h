/* sha256.h - SHA-256 (FIPS 180-4) of a few bytes; libext2fs keeps its own to itself. Not for secret
 * data. */
#ifndef EXT4_SHA256_H
#define EXT4_SHA256_H

#include <stddef.h>

#define SHA256_LEN 32

void ext4_sha256(const void *data, size_t len, unsigned char ret[SHA256_LEN]);

#endif
