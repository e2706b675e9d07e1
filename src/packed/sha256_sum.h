/* sha256_sum.h - SHA-256 of many bytes, by a library that uses what the processor has for it.
 *
 * Unit:      bytes in, 64 lower-case hexadecimal digits out.
 * Ownership: free accepts NULL. */
#ifndef SHA256_SUM_H
#define SHA256_SUM_H

#include "img2nfs/err.h"

#include <stddef.h>

struct sha256_sum;

/* Fails (USAGE) in a program that was built without the library. */
int sha256_sum_new(struct sha256_sum **ret, struct i2n_err *err);
void sha256_sum_add(struct sha256_sum *sum, const void *buf, size_t len);
/* Of all that was added; the sum begins anew. */
void sha256_sum_hex(struct sha256_sum *sum, char hex[65]);
void sha256_sum_free(struct sha256_sum *sum);

#endif
