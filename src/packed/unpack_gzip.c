#include "unpack_own.h"

#include <zlib.h>

#include <stdlib.h>
#include <string.h>

struct gzip {
	struct stream stream;
	struct stream *from;
	z_stream z;
	bool has_z, ended, between;	/* between two members */
	unsigned char buf[UNPACK_BUF];
};

/* More packed bytes into an empty buffer; *ret_n 0 at the end. */
static int refill(struct gzip *g, struct i2n_err *err)
{
	size_t n;
	int rc = stream_read(g->from, g->buf, sizeof(g->buf), &n, err);

	g->z.next_in = g->buf;
	g->z.avail_in = rc == I2N_OK ? (unsigned)n : 0;
	return rc;
}

/* After a member: another one (RFC 1952 2.2), or the end. What follows otherwise is ignored, as
 * gzip does. */
static int begin_next(struct gzip *g, struct i2n_err *err)
{
	int rc = I2N_OK;

	if (!g->z.avail_in)
		rc = refill(g, err);
	if (rc != I2N_OK)
		return rc;
	if (!g->z.avail_in || g->z.next_in[0] != 0x1f) {
		g->ended = true;
		return I2N_OK;
	}
	g->between = false;
	return inflateReset(&g->z) == Z_OK ? I2N_OK
					   : stream_fail(&g->stream, "zlib cannot go on", err);
}

static int step(struct gzip *g, struct i2n_err *err)
{
	int z, rc;

	if (!g->z.avail_in) {
		rc = refill(g, err);
		if (rc != I2N_OK)
			return rc;
		if (!g->z.avail_in)
			return stream_cut(&g->stream, err);
	}
	z = inflate(&g->z, Z_NO_FLUSH);
	if (z == Z_STREAM_END)
		g->between = true;
	else if (z == Z_MEM_ERROR)
		return i2n_err_nomem(err);
	else if (z != Z_OK && z != Z_BUF_ERROR)
		return stream_fail(&g->stream, g->z.msg ? g->z.msg : "its data are damaged", err);
	return I2N_OK;
}

static int gzip_read(struct stream *s, void *buf, size_t len, size_t *ret_n, struct i2n_err *err)
{
	struct gzip *g = (struct gzip *)s;
	int rc = I2N_OK;

	if (len > UINT32_MAX)
		len = UINT32_MAX;
	g->z.next_out = buf;
	g->z.avail_out = (unsigned)len;
	while (g->z.avail_out && !g->ended && rc == I2N_OK)
		rc = g->between ? begin_next(g, err) : step(g, err);
	*ret_n = len - g->z.avail_out;
	return rc;
}

static void gzip_free(struct stream *s)
{
	struct gzip *g = (struct gzip *)s;

	if (g->has_z)
		(void)inflateEnd(&g->z);	/* a valid state: cannot fail */
	stream_free(g->from);
	free(g);
}

static const struct stream_ops gzip_ops = { .read = gzip_read, .free = gzip_free };

int unpack_gzip_open(struct stream *from, struct stream **ret, struct i2n_err *err)
{
	struct gzip *g = calloc(1, sizeof(*g));

	if (!g)
		return i2n_err_nomem(err);
	g->stream = (struct stream){ .ops = &gzip_ops, .name = from->name };
	if (inflateInit2(&g->z, 16 + MAX_WBITS) != Z_OK) {	/* 16: gzip only */
		free(g);
		return i2n_err_nomem(err);
	}
	g->has_z = true;
	g->from = from;
	*ret = &g->stream;
	return I2N_OK;
}
