/* The digest of pieces, and of holes, is what xxhsum -H2 says of the whole. Values made with xxhsum
 * 0.8.1. */
#include "img2nfs/digest.h"

#include "t.h"

int main(void)
{
	struct i2n_digest *d = i2n_digest_new();
	char hex[33];

	i2n_digest_hex(d, hex);
	T_STR(hex, "99aa06d3014798d86001c324468d497f");
	i2n_digest_add(d, "abc", 1);
	i2n_digest_add(d, "bc", 2);
	i2n_digest_hex(d, hex);
	T_STR(hex, "06b05ab6733a618578af5f94892f3950");
	i2n_digest_reset(d);
	i2n_digest_add(d, "x", 1);
	i2n_digest_add_zeros(d, 200000);
	i2n_digest_hex(d, hex);
	T_STR(hex, "160baddf24fd6bebfd3d88b7c45857de");
	i2n_digest_free(d);
	i2n_digest_free(NULL);
	return t_end();
}
