#include "unpack_own.h"

#include <string.h>

int unpack_filter(const char *type, struct stream *from, unsigned threads, struct stream **ret,
		  struct i2n_err *err)
{
	if (!strcmp(type, "gzip"))
		return unpack_gzip_open(from, ret, err);
	if (!strcmp(type, "xz"))
		return unpack_xz_open(from, threads, ret, err);
	return unpack_other_open(type, from, ret, err);
}
