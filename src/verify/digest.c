#include "img2nfs/digest.h"

#include <xxhash.h>

#include <assert.h>
#include <stdlib.h>

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

void i2n_digest_hex(const struct i2n_digest *d, char hex[33])
{
	static const char digits[] = "0123456789abcdef";
	XXH128_canonical_t canonical;

	XXH128_canonicalFromHash(&canonical, XXH3_128bits_digest(d->state));
	for (unsigned i = 0; i < 16; i++) {
		hex[2 * i] = digits[canonical.digest[i] >> 4];
		hex[2 * i + 1] = digits[canonical.digest[i] & 15];
	}
	hex[32] = '\0';
}

void i2n_digest_free(struct i2n_digest *d)
{
	if (!d)
		return;
	(void)XXH3_freeState(d->state);	/* never fails */
	free(d);
}
