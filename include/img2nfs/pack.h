/* pack.h - compress a stream of bytes: the way back of packed.h.
 *
 *	i2n_pack_open("zstd", fn, ctx, &pack, &err);
 *	i2n_pack_write(pack, buf, len, &err);		fn gets compressed bytes, now or later
 *	i2n_pack_finish(pack, &err);			fn gets the rest
 *	i2n_pack_free(pack);
 *
 * The same bytes in give the same bytes out with the same libraries, however many cores there are:
 * no time and no name is in them.
 *
 * Thread:    one caller's thread; xz and zstd have some of their own.
 * Ownership: buffers are the caller's, and fn's only during the call.
 * Errors:    I2N_FATAL: what fn gave, or the library's. */
#ifndef IMG2NFS_PACK_H
#define IMG2NFS_PACK_H

#include "img2nfs/err.h"

#include <stddef.h>

struct i2n_pack;

typedef int i2n_pack_fn(void *ctx, const void *buf, size_t len, struct i2n_err *err);

/* type: "gzip", "bzip2", "xz", "zstd" or "lz4". */
int i2n_pack_open(const char *type, i2n_pack_fn *fn, void *ctx, struct i2n_pack **ret,
		  struct i2n_err *err);
int i2n_pack_write(struct i2n_pack *pack, const void *buf, size_t len, struct i2n_err *err);
int i2n_pack_finish(struct i2n_pack *pack, struct i2n_err *err);
void i2n_pack_free(struct i2n_pack *pack);	/* NULL is fine; calls fn no more */

#endif
