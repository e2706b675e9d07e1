/* digest.h - XXH3-128 of content, to prove that what arrived is what was in the image.
 *
 * The digest finds accidents, not forgeries: it is not cryptographic. Holes count as the zeros that
 * read(2) returns.
 *
 * Ownership: i2n_digest_new/free; one state may be used again after i2n_digest_reset.
 * Source:    XXH3 128 bits, canonical (big-endian) form, as `xxhsum -H2` prints it. */
#ifndef IMG2NFS_DIGEST_H
#define IMG2NFS_DIGEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct i2n_digest;

struct i2n_digest *i2n_digest_new(void);	/* NULL: out of memory */
void i2n_digest_reset(struct i2n_digest *d);
void i2n_digest_add(struct i2n_digest *d, const void *buf, size_t len);
void i2n_digest_add_zeros(struct i2n_digest *d, uint64_t len);
void i2n_digest_hex(const struct i2n_digest *d, char hex[33]);	/* of all added so far; 32 digits
								 * and NUL */
void i2n_digest_bytes(const struct i2n_digest *d, unsigned char ret[16]);
void i2n_digest_text(const unsigned char bytes[16], char hex[33]);
bool i2n_digest_parse(const char *text, size_t len, unsigned char ret[16]);	/* false: not one */
void i2n_digest_free(struct i2n_digest *d);

/* XXH64 with seed 0, which some formats have as a checksum. */
uint64_t i2n_digest_xxh64(const void *buf, size_t len);

#endif
