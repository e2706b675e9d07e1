#include "img2nfs/digest.h"

#include <xxhash.h>

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct i2n_digest {
	XXH3_state_t *state;
};

struct i2n_digest *i2n_digest_new(void)
{
	struct i2n_digest *d = malloc(sizeof(*d));

	if (!d)
		return NULL;
	d->state = XXH3_createState();
	if (!d->state) {
		free(d);
		return NULL;
	}
	i2n_digest_reset(d);
	return d;
}

void i2n_digest_reset(struct i2n_digest *d)
{
	XXH_errorcode rc = XXH3_128bits_reset(d->state);

	assert(rc == XXH_OK);	/* fails for a NULL state only */
	(void)rc;
}

void i2n_digest_add(struct i2n_digest *d, const void *buf, size_t len)
{
	XXH_errorcode rc;

	if (!len)
		return;
	rc = XXH3_128bits_update(d->state, buf, len);
	assert(rc == XXH_OK);	/* fails for a NULL pointer only */
	(void)rc;
}

void i2n_digest_add_zeros(struct i2n_digest *d, uint64_t len)
{
	static const unsigned char zeros[65536];

	for (; len > sizeof(zeros); len -= sizeof(zeros))
		i2n_digest_add(d, zeros, sizeof(zeros));
	i2n_digest_add(d, zeros, (size_t)len);
}

void i2n_digest_bytes(const struct i2n_digest *d, unsigned char ret[16])
{
	XXH128_canonical_t canonical;

	XXH128_canonicalFromHash(&canonical, XXH3_128bits_digest(d->state));
	memcpy(ret, canonical.digest, 16);
}

void i2n_digest_text(const unsigned char bytes[16], char hex[33])
{
	static const char digits[] = "0123456789abcdef";

	for (unsigned i = 0; i < 16; i++) {
		hex[2 * i] = digits[bytes[i] >> 4];
		hex[2 * i + 1] = digits[bytes[i] & 15];
	}
	hex[32] = '\0';
}

static int value_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

bool i2n_digest_parse(const char *text, size_t len, unsigned char ret[16])
{
	if (len != 32)
		return false;
	for (unsigned i = 0; i < 16; i++) {
		int high = value_of(text[2 * i]), low = value_of(text[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		ret[i] = (unsigned char)(high << 4 | low);
	}
	return true;
}

void i2n_digest_hex(const struct i2n_digest *d, char hex[33])
{
	unsigned char bytes[16];

	i2n_digest_bytes(d, bytes);
	i2n_digest_text(bytes, hex);
}

void i2n_digest_free(struct i2n_digest *d)
{
	if (!d)
		return;
	(void)XXH3_freeState(d->state);	/* never fails */
	free(d);
}

uint64_t i2n_digest_xxh64(const void *buf, size_t len)
{
	return XXH64(buf, len, 0);
}
