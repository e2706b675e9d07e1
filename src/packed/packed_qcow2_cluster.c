#include "packed_qcow2_cluster.h"

#include <stdint.h>
#include <string.h>

#include <zlib.h>
#include <zstd.h>

#define WINDOW_BITS (-12)	/* deflate without zlib's header, window of 4 KiB: qemu's
				 * block/qcow2-threads.c */

static const char *unpack_zlib(const void *in, size_t in_len, void *out, size_t out_len)
{
	z_stream z = { 0 };
	int r;

	if (inflateInit2(&z, WINDOW_BITS) != Z_OK)
		return "Z_MEM_ERROR";
	z.next_in = (z_const Bytef *)(uintptr_t)in;
	z.avail_in = (uInt)in_len;
	z.next_out = out;
	z.avail_out = (uInt)out_len;
	r = inflate(&z, Z_FINISH);
	(void)inflateEnd(&z);	/* cannot fail after inflateInit2() */
	if (!z.avail_out && (r == Z_STREAM_END || r == Z_BUF_ERROR || r == Z_OK))
		return NULL;
	return r == Z_MEM_ERROR ? "Z_MEM_ERROR" : "Z_DATA_ERROR";
}

static const char *unpack_zstd(const void *in, size_t in_len, void *out, size_t out_len)
{
	ZSTD_inBuffer from = { in, in_len, 0 };
	ZSTD_outBuffer to = { out, out_len, 0 };
	ZSTD_DCtx *ctx = ZSTD_createDCtx();
	const char *why = NULL;

	if (!ctx)
		return "out of memory";
	while (to.pos < to.size && !why) {
		size_t before = from.pos + to.pos, r = ZSTD_decompressStream(ctx, &to, &from);

		if (ZSTD_isError(r))
			why = ZSTD_getErrorName(r);
		else if (from.pos + to.pos == before)
			why = "it ends too early";
	}
	(void)ZSTD_freeDCtx(ctx);	/* returns 0 always */
	return why;
}

const char *qcow2_unpack(enum qcow2_compression type, const void *in, size_t in_len, void *out,
			 size_t out_len)
{
	return type == QCOW2_ZSTD ? unpack_zstd(in, in_len, out, out_len)
				  : unpack_zlib(in, in_len, out, out_len);
}
