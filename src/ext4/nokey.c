#include "ext4.h"
#include "sha256.h"

#include <string.h>

/* Names in encrypted directories are cipher text; without the key the kernel shows base64url of a hash field, of the
 * first 149 bytes and of a digest of the rest. Source: kernel, fs/crypto/fname.c, struct fscrypt_nokey_name. */

#define CIPHER_MIN 16
#define HASH_LEN 8		/* zero, as in a listing without a hash index */
#define BYTES_LEN 149

static size_t encode(const unsigned char *in, size_t len, char *out)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	unsigned bits = 0, n = 0;
	size_t i, o = 0;

	for (i = 0; i < len; i++) {
		bits = bits << 8 | in[i];
		for (n += 8; n >= 6; n -= 6)
			out[o++] = digits[bits >> (n - 6) & 63];
		bits &= (1u << n) - 1;
	}
	if (n)
		out[o++] = digits[bits << (6 - n) & 63];
	return o;
}

size_t ext4_nokey_name(const void *cipher, size_t len, char buf[I2N_NAME_MAX])
{
	unsigned char raw[HASH_LEN + BYTES_LEN + SHA256_LEN] = { 0 };
	const unsigned char *p = cipher;

	if (len < CIPHER_MIN)
		return 0;
	if (len <= BYTES_LEN) {
		memcpy(raw + HASH_LEN, p, len);
		return encode(raw, HASH_LEN + len, buf);
	}
	memcpy(raw + HASH_LEN, p, BYTES_LEN);
	ext4_sha256(p + BYTES_LEN, len - BYTES_LEN, raw + HASH_LEN + BYTES_LEN);
	return encode(raw, sizeof(raw), buf);
}
