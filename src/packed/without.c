/* Instead of unpack_*.c and pack.c, in a program that was built without the libraries for
 * compressed images. */
#include "img2nfs/pack.h"
#include "img2nfs/packed.h"

#include "sha256_sum.h"
#include "unpack.h"

#include <stddef.h>

enum unpack_kind unpack_kind_of(const char *type)
{
	(void)type;
	return UNPACK_NONE;
}

static int missing(struct i2n_err *err)
{
	return i2n_fail(err, I2N_FATAL, I2N_DOM_USAGE, 0,
			"this img2nfs was built without the libraries for that");
}

int unpack_filter(const char *type, struct stream *from, unsigned threads, struct stream **ret,
		  struct i2n_err *err)
{
	(void)type, (void)from, (void)threads, (void)ret;
	return missing(err);
}

int unpack_archive_open(const char *type, struct stream *from, struct i2n_source *file,
			const char *name, struct unpack_archive **ret, struct i2n_err *err)
{
	(void)type, (void)from, (void)file, (void)name, (void)ret;
	return missing(err);
}

void unpack_archive_free(struct unpack_archive *ar)
{
	(void)ar;
}

int unpack_archive_next(struct unpack_archive *ar, struct unpack_member *ret, struct i2n_err *err)
{
	(void)ar, (void)ret;
	return missing(err);
}

int unpack_archive_content(struct unpack_archive *ar, const char *name, struct stream **ret,
			   struct i2n_err *err)
{
	(void)ar, (void)name, (void)ret;
	return missing(err);
}

int sha256_sum_new(struct sha256_sum **ret, struct i2n_err *err)
{
	(void)ret;
	return missing(err);
}

void sha256_sum_add(struct sha256_sum *sum, const void *buf, size_t len)
{
	(void)sum, (void)buf, (void)len;
}

void sha256_sum_hex(struct sha256_sum *sum, char hex[65])
{
	(void)sum;
	hex[0] = '\0';
}

void sha256_sum_free(struct sha256_sum *sum)
{
	(void)sum;
}

const char *i2n_packed_libraries(void)
{
	return NULL;
}

int i2n_pack_open(const char *type, i2n_pack_fn *fn, void *ctx, struct i2n_pack **ret,
		  struct i2n_err *err)
{
	(void)type, (void)fn, (void)ctx, (void)ret;
	return missing(err);
}

int i2n_pack_write(struct i2n_pack *pack, const void *buf, size_t len, struct i2n_err *err)
{
	(void)pack, (void)buf, (void)len;
	return missing(err);
}

int i2n_pack_finish(struct i2n_pack *pack, struct i2n_err *err)
{
	(void)pack;
	return missing(err);
}

void i2n_pack_free(struct i2n_pack *pack)
{
	(void)pack;
}
