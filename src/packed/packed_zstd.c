/* Seekable .zst: frames of their own and a table of them in a skippable frame at the end. What t2sz
 * and the ZSTD_seekable_* functions of zstd's contrib write; the library as it is packaged reads
 * the frames, but not the table.
 *
 * A .zst of several frames without a table is read as a stream: to find its frames all of it would
 * have to be read.
 *
 * Source: contrib/seekable_format/zstd_seekable_compression_format.md. */
#include "img2nfs/digest.h"

#include "checked.h"
#include "packed_blocks.h"
#include "packed_random.h"

#include <stdlib.h>
#include <string.h>

#include <zstd.h>

#define SKIPPABLE_MAGIC 0x184d2a5eu
#define SEEKABLE_MAGIC 0x8f92eab1u
#define HEADER_SIZE 8		/* of the skippable frame */
#define FOOTER_SIZE 9
#define HAS_CHECKSUMS 0x80u
#define RESERVED 0x7cu
#define NO_CHECKSUM (1ull << 32)	/* tag of a block without one */

/* The table as it is in the file. */
struct table {
	unsigned char *bytes;
	uint32_t n, entry_size;
	uint64_t at;		/* where its frame begins */
};

static int damaged(const struct i2n_source *raw, const char *what, struct i2n_err *err)
{
	i2n_err_set(err, I2N_DOM_PACKED, 0, "cannot read %s: the table of its frames is damaged: "
		    "%s", raw->name, what);
	i2n_err_hint(err, "copy or download it again and compare its size or checksum");
	return I2N_FATAL;
}

/* I2N_END: there is none, or it is larger than what we want to hold. */
static int read_footer(struct i2n_source *raw, struct table *ret, struct i2n_err *err)
{
	unsigned char b[FOOTER_SIZE];
	uint64_t len;
	int rc;

	if (raw->size < HEADER_SIZE + FOOTER_SIZE)
		return I2N_END;
	rc = i2n_source_pread(raw, b, sizeof(b), raw->size - sizeof(b), err);
	if (rc != I2N_OK)
		return rc;
	if (i2n_le32(b + 5) != SEEKABLE_MAGIC)
		return I2N_END;
	ret->n = i2n_le32(b);
	ret->entry_size = b[4] & HAS_CHECKSUMS ? 12 : 8;
	if (b[4] & RESERVED)
		return damaged(raw, "reserved bits are set", err);
	len = HEADER_SIZE + (uint64_t)ret->n * ret->entry_size + FOOTER_SIZE;
	if (len > raw->size)
		return damaged(raw, "it is larger than the file", err);
	ret->at = raw->size - len;
	return ret->n > BLOCKS_MAX ? I2N_END : I2N_OK;
}

static int read_table(struct i2n_source *raw, struct table *t, struct i2n_err *err)
{
	size_t len = HEADER_SIZE + (size_t)t->n * t->entry_size;
	int rc;

	t->bytes = malloc(len);
	if (!t->bytes)
		return i2n_err_nomem(err);
	rc = i2n_source_pread(raw, t->bytes, len, t->at, err);
	if (rc != I2N_OK)
		return rc;
	if (i2n_le32(t->bytes) != SKIPPABLE_MAGIC ||
	    i2n_le32(t->bytes + 4) != len - HEADER_SIZE + FOOTER_SIZE)
		return damaged(raw, "it is no skippable frame", err);
	return I2N_OK;
}

static int make_blocks(const struct i2n_source *raw, const struct table *t,
		       struct blocks_spec *spec, struct i2n_err *err)
{
	struct block *b = malloc(((size_t)t->n + 1) * sizeof(*b));
	const unsigned char *e = t->bytes + HEADER_SIZE;
	uint64_t at = 0, off = 0, max = 0;
	uint32_t i, n = 0;

	if (!b)
		return i2n_err_nomem(err);
	for (i = 0; i < t->n; i++, e += t->entry_size) {
		uint32_t packed = i2n_le32(e), len = i2n_le32(e + 4);

		/* 2^20 entries of 2^32: no sum wraps */
		if (len)
			b[n++] = (struct block){
				.off = off, .at = at, .packed = packed, .len = len,
				.tag = t->entry_size == 12 ? i2n_le32(e + 8) : NO_CHECKSUM,
			};
		max = len > max ? len : max;
		at += packed;
		off += len;
	}
	if (at == t->at && blocks_are_usable(n, max)) {
		spec->table = b;
		spec->n = n;
		spec->memory = ZSTD_compressBound((size_t)max);
		return I2N_OK;
	}
	free(b);
	return at == t->at ? I2N_END : damaged(raw, "it does not describe the file", err);
}

/* All of a packed block; it is bounded before by its decoded size. */
static int read_packed(const struct block *b, struct blocks_input *in, unsigned char *buf,
		       struct i2n_err *err)
{
	size_t got = 0, n;

	while (got < b->packed) {
		int rc = blocks_input(in, buf + got, (size_t)b->packed - got, &n, err);

		if (rc != I2N_OK)
			return rc;
		got += n;
	}
	return I2N_OK;
}

static int decode_frames(const struct block *b, struct blocks_input *in, const void *packed,
			 void *buf, struct i2n_err *err)
{
	ZSTD_DCtx *ctx = ZSTD_createDCtx();
	size_t n;

	if (!ctx)
		return i2n_err_nomem(err);
	n = ZSTD_decompressDCtx(ctx, buf, b->len, packed, (size_t)b->packed);
	(void)ZSTD_freeDCtx(ctx);	/* returns 0 always */
	if (ZSTD_isError(n))
		return blocks_damaged(in, ZSTD_getErrorName(n), err);
	if (n != b->len)
		return blocks_damaged(in, "it is not as large as the table says", err);
	if (b->tag != NO_CHECKSUM && b->tag != (i2n_digest_xxh64(buf, b->len) & UINT32_MAX))
		return blocks_damaged(in, "its checksum in the table differs", err);
	return I2N_OK;
}

static int zstd_decode(const void *ctx, const struct block *b, struct blocks_input *in, void *buf,
		       struct i2n_err *err)
{
	unsigned char *packed;
	int rc;

	(void)ctx;
	if (b->packed > ZSTD_compressBound(b->len) + 4096)	/* skippable frames before it */
		return blocks_damaged(in, "it is larger than what is in it", err);
	packed = malloc((size_t)b->packed + 1);
	if (!packed)
		return i2n_err_nomem(err);
	rc = read_packed(b, in, packed, err);
	if (rc == I2N_OK)
		rc = decode_frames(b, in, packed, buf, err);
	free(packed);
	return rc;
}

static const struct blocks_codec zstd_codec = { .name = "zstd", .decode = zstd_decode };

int packed_zstd_open(struct i2n_source *raw, const struct i2n_image_opts *opts,
		     struct i2n_source **ret, struct i2n_err *err)
{
	struct blocks_spec spec = {
		.codec = &zstd_codec, .packed = raw, .threads = opts->threads, .stop = opts->stop,
	};
	struct table t = { 0 };
	int rc;

	if (raw->is_stream)
		return I2N_END;
	rc = read_footer(raw, &t, err);
	if (rc == I2N_OK)
		rc = read_table(raw, &t, err);
	if (rc == I2N_OK)
		rc = make_blocks(raw, &t, &spec, err);
	if (rc == I2N_OK)
		rc = blocks_new(&spec, ret, err);
	if (rc != I2N_OK)
		free(spec.table);
	free(t.bytes);
	return rc;
}
