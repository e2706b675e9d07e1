/* checked.h - arithmetic on numbers that an image or a server gave us, and decoding of their bytes.
 *
 * Each function is true when the result fits; *ret is untouched otherwise. Compare ranges as
 * `off <= size && len <= size - off`, which is i2n_range_ok(). */
#ifndef IMG2NFS_CHECKED_H
#define IMG2NFS_CHECKED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

static inline bool i2n_add(uint64_t a, uint64_t b, uint64_t *ret)
{
	if (a > UINT64_MAX - b)
		return false;
	*ret = a + b;
	return true;
}

static inline bool i2n_mul(uint64_t a, uint64_t b, uint64_t *ret)
{
	if (b && a > UINT64_MAX / b)
		return false;
	*ret = a * b;
	return true;
}

static inline bool i2n_range_ok(uint64_t off, uint64_t len, uint64_t size)
{
	return off <= size && len <= size - off;
}

static inline uint16_t i2n_le16(const void *p)
{
	const unsigned char *b = p;

	return (uint16_t)(b[0] | b[1] << 8);
}

static inline uint32_t i2n_le32(const void *p)
{
	const unsigned char *b = p;

	return b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
}

static inline uint64_t i2n_le64(const void *p)
{
	const unsigned char *b = p;

	return i2n_le32(b) | (uint64_t)i2n_le32(b + 4) << 32;
}

static inline uint16_t i2n_be16(const void *p)
{
	const unsigned char *b = p;

	return (uint16_t)(b[0] << 8 | b[1]);
}

static inline uint32_t i2n_be32(const void *p)
{
	const unsigned char *b = p;

	return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

static inline uint64_t i2n_be64(const void *p)
{
	const unsigned char *b = p;

	return (uint64_t)i2n_be32(b) << 32 | i2n_be32(b + 4);
}

#endif
