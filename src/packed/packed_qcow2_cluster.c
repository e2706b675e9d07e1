#include "packed_qcow2_cluster.h"

#include <stdint.h>
#include <stdlib.h>

#include <zlib.h>
#include <zstd.h>

#define WINDOW_BITS (-12)	/* deflate without zlib's header, window of 4 KiB: qemu's
				 * block/qcow2-threads.c */

struct qcow2_unpacker {
	enum qcow2_compression type;
	z_stream zlib;
	ZSTD_DCtx *zstd;
};

struct qcow2_unpacker *qcow2_unpacker_new(enum qcow2_compression type)
{
	struct qcow2_unpacker *u = calloc(1, sizeof(*u));

	if (!u)
		return NULL;
	u->type = type;
	if (type == QCOW2_ZSTD)
		u->zstd = ZSTD_createDCtx();
	if (type == QCOW2_ZSTD ? u->zstd != NULL : inflateInit2(&u->zlib, WINDOW_BITS) == Z_OK)
		return u;
	free(u);
	return NULL;
}

void qcow2_unpacker_free(struct qcow2_unpacker *u)
{
	if (!u)
		return;
	if (u->type == QCOW2_ZSTD)
		(void)ZSTD_freeDCtx(u->zstd);	/* returns 0 always */
	else
		(void)inflateEnd(&u->zlib);	/* cannot fail after inflateInit2() */
	free(u);
}

static const char *unpack_zlib(z_stream *z, const void *in, size_t in_len, void *out,
			       size_t out_len)
{
	int r;

	z->next_in = (z_const Bytef *)(uintptr_t)in;
	z->avail_in = (uInt)in_len;
	z->next_out = out;
	z->avail_out = (uInt)out_len;
	r = inflateReset(z);
	if (r == Z_OK)
		r = inflate(z, Z_FINISH);
	if (!z->avail_out && (r == Z_STREAM_END || r == Z_BUF_ERROR || r == Z_OK))
		return NULL;
	return r == Z_MEM_ERROR ? "Z_MEM_ERROR" : "Z_DATA_ERROR";
}

static const char *unpack_zstd(ZSTD_DCtx *ctx, const void *in, size_t in_len, void *out,
			       size_t out_len)
{
	ZSTD_inBuffer from = { in, in_len, 0 };
	ZSTD_outBuffer to = { out, out_len, 0 };
	const char *why = NULL;

	(void)ZSTD_initDStream(ctx);	/* forgets the cluster before; cannot fail */
	while (to.pos < to.size && !why) {
		size_t before = from.pos + to.pos, r = ZSTD_decompressStream(ctx, &to, &from);

		if (ZSTD_isError(r))
			why = ZSTD_getErrorName(r);
		else if (from.pos + to.pos == before)
			why = "it ends too early";
	}
	return why;
}

const char *qcow2_unpack(struct qcow2_unpacker *u, const void *in, size_t in_len, void *out,
			 size_t out_len)
{
	return u->type == QCOW2_ZSTD ? unpack_zstd(u->zstd, in, in_len, out, out_len)
				     : unpack_zlib(&u->zlib, in, in_len, out, out_len);
}
