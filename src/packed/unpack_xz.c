/* .xz in order: from a pipe, or of one block. Where liblzma can (5.4), several blocks are decoded
 * at a time. */
#include "unpack_own.h"

#include <lzma.h>

#include <stdlib.h>

#define MEMORY_MAX ((uint64_t)1 << 30)		/* of one decoder: a dictionary */
#define MEMORY_PER_THREAD ((uint64_t)96 << 20)	/* block, its packed form, dictionary of -9 */

struct xz {
	struct stream stream;
	struct stream *from;
	lzma_stream lz;
	bool in_ended, ended;
	unsigned char buf[UNPACK_BUF];
};

static const char *why(lzma_ret lz)
{
	switch (lz) {
	case LZMA_MEMLIMIT_ERROR:
		return "it needs more than 1 GiB of memory";
	case LZMA_FORMAT_ERROR:
		return "what follows is not xz";
	case LZMA_OPTIONS_ERROR:
		return "it uses features of xz that liblzma does not know";
	case LZMA_UNSUPPORTED_CHECK:
		return "liblzma does not know its kind of checksum";
	default:
		return "its data are damaged";
	}
}

static int refill(struct xz *x, struct i2n_err *err)
{
	size_t n;
	int rc = stream_read(x->from, x->buf, sizeof(x->buf), &n, err);

	if (rc != I2N_OK)
		return rc;
	x->lz.next_in = x->buf;
	x->lz.avail_in = n;
	x->in_ended = !n;
	return I2N_OK;
}

static int step(struct xz *x, struct i2n_err *err)
{
	lzma_ret lz;
	int rc;

	if (!x->lz.avail_in && !x->in_ended) {
		rc = refill(x, err);
		if (rc != I2N_OK)
			return rc;
	}
	lz = lzma_code(&x->lz, x->in_ended ? LZMA_FINISH : LZMA_RUN);
	if (lz == LZMA_STREAM_END)
		x->ended = true;
	else if (lz == LZMA_MEM_ERROR)
		return i2n_err_nomem(err);
	else if (lz == LZMA_BUF_ERROR)
		return stream_cut(&x->stream, err);
	else if (lz != LZMA_OK)
		return stream_fail(&x->stream, why(lz), err);
	return I2N_OK;
}

static int xz_read(struct stream *s, void *buf, size_t len, size_t *ret_n, struct i2n_err *err)
{
	struct xz *x = (struct xz *)s;
	int rc = I2N_OK;

	x->lz.next_out = buf;
	x->lz.avail_out = len;
	while (x->lz.avail_out && !x->ended && rc == I2N_OK)
		rc = step(x, err);
	*ret_n = len - x->lz.avail_out;
	return rc;
}

static void xz_free(struct stream *s)
{
	struct xz *x = (struct xz *)s;

	lzma_end(&x->lz);
	stream_free(x->from);
	free(x);
}

static const struct stream_ops xz_ops = { .read = xz_read, .free = xz_free };

static lzma_ret begin(lzma_stream *lz, unsigned threads)
{
	const uint32_t flags = LZMA_CONCATENATED | LZMA_TELL_UNSUPPORTED_CHECK;
#if LZMA_VERSION >= 50040002
	lzma_mt mt = {
		.flags = flags,
		.threads = threads ? threads : lzma_cputhreads(),
		.memlimit_stop = MEMORY_MAX,
	};

	if (!mt.threads)
		mt.threads = 1;
	mt.memlimit_threading = mt.threads * MEMORY_PER_THREAD;
	if (mt.memlimit_threading > MEMORY_MAX)
		mt.memlimit_threading = MEMORY_MAX;
	return lzma_stream_decoder_mt(lz, &mt);
#else
	(void)threads;
	return lzma_stream_decoder(lz, MEMORY_MAX, flags);
#endif
}

int unpack_xz_open(struct stream *from, unsigned threads, struct stream **ret, struct i2n_err *err)
{
	struct xz *x = calloc(1, sizeof(*x));

	if (!x)
		return i2n_err_nomem(err);
	x->stream = (struct stream){ .ops = &xz_ops, .name = from->name };
	x->lz = (lzma_stream)LZMA_STREAM_INIT;
	if (begin(&x->lz, threads) != LZMA_OK) {
		lzma_end(&x->lz);
		free(x);
		return i2n_err_nomem(err);
	}
	x->from = from;
	*ret = &x->stream;
	return I2N_OK;
}
