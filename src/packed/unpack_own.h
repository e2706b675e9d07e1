/* unpack_own.h - the files unpack_*.c among themselves. */
#ifndef UNPACK_OWN_H
#define UNPACK_OWN_H

#include "unpack.h"

#define UNPACK_BUF ((size_t)64 << 10)

/* zlib and liblzma themselves, because libarchive does not compare the CRC of gzip (3.6.2) and
 * decodes the blocks of an .xz one after the other. */
int unpack_gzip_open(struct stream *from, struct stream **ret, struct i2n_err *err);
int unpack_xz_open(struct stream *from, unsigned threads, struct stream **ret, struct i2n_err *err);
/* All others that libarchive knows. */
int unpack_other_open(const char *type, struct stream *from, struct stream **ret,
		      struct i2n_err *err);

#endif
