/* Android sparse images: a list of chunks, each some blocks that are there, or filled with one
 * word, or of no interest (zeros).
 *
 * Source: sparse_format.h of AOSP's libsparse. CRC chunks and the image's checksum are not
 * compared: they are of the whole image, of which we read parts. */
#include "checked.h"
#include "packed_random.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define HEADER_SIZE 28
#define CHUNK_HEADER_SIZE 12
#define CHUNKS_MAX (1u << 21)	/* 24 bytes each */

enum chunk_type {
	CHUNK_RAW = 0xcac1,
	CHUNK_FILL = 0xcac2,
	CHUNK_DONT_CARE = 0xcac3,
	CHUNK_CRC32 = 0xcac4,
};

struct chunk {
	uint64_t off;		/* in the image; it ends where the next one begins */
	uint64_t at;		/* CHUNK_RAW: in the file */
	uint32_t fill;		/* CHUNK_FILL: the word's bytes in this order */
	uint32_t type;
};

struct simg {
	struct i2n_source src;
	struct i2n_source *raw;
	struct chunk *chunks;	/* of length > 0 */
	uint32_t n;
};

/* What is read from the file's beginning. */
struct layout {
	uint32_t block_size, blocks, chunks;
	uint16_t header_size, chunk_header_size;
};

static int damaged(const struct i2n_source *raw, const char *what, uint64_t at, struct i2n_err *err)
{
	i2n_err_set(err, I2N_DOM_PACKED, 0,
		    "cannot read %s: the Android sparse image is damaged: %s at %" PRIu64,
		    raw->name, what, at);
	i2n_err_hint(err, "copy or download it again and compare its size or checksum");
	return I2N_FATAL;
}

static int read_layout(struct i2n_source *raw, struct layout *ret, struct i2n_err *err)
{
	unsigned char b[HEADER_SIZE];
	int rc;

	if (raw->size < sizeof(b))
		return damaged(raw, "it ends in its header", raw->size, err);
	rc = i2n_source_pread(raw, b, sizeof(b), 0, err);
	if (rc != I2N_OK)
		return rc;
	if (i2n_le16(b + 4) != 1)
		return i2n_fail(err, I2N_FATAL, I2N_DOM_IMAGE, 0,
				"cannot read %s: it is an Android sparse image of version %u, "
				"known is 1", raw->name, i2n_le16(b + 4));
	ret->header_size = i2n_le16(b + 8);
	ret->chunk_header_size = i2n_le16(b + 10);
	ret->block_size = i2n_le32(b + 12);
	ret->blocks = i2n_le32(b + 16);
	ret->chunks = i2n_le32(b + 20);
	if (ret->header_size < HEADER_SIZE || ret->chunk_header_size < CHUNK_HEADER_SIZE)
		return damaged(raw, "headers too small are named", 8, err);
	if (!ret->block_size || ret->block_size % 4)
		return damaged(raw, "an impossible block size is named", 12, err);
	if (ret->chunks > CHUNKS_MAX)
		return damaged(raw, "too many chunks are named", 20, err);
	if (!ret->blocks)
		return damaged(raw, "no blocks are named", 16, err);
	return I2N_OK;
}

/* How many bytes of data a chunk has in the file; false: there is no such chunk. */
static bool data_size(uint32_t type, uint64_t len, uint64_t *ret)
{
	switch (type) {
	case CHUNK_RAW:
		*ret = len;
		return true;
	case CHUNK_FILL:
	case CHUNK_CRC32:
		*ret = 4;
		return type == CHUNK_FILL || !len;
	case CHUNK_DONT_CARE:
		*ret = 0;
		return true;
	}
	return false;
}

/* The chunk whose header is at *at; both positions are moved behind it. */
static int read_chunk(struct simg *s, const struct layout *lay, uint64_t *at, uint64_t *off,
		      struct i2n_err *err)
{
	struct chunk c = { .off = *off, .at = *at + lay->chunk_header_size };
	unsigned char b[CHUNK_HEADER_SIZE], word[4];
	uint64_t len, data;
	int rc;

	if (!i2n_range_ok(*at, lay->chunk_header_size, s->raw->size))
		return damaged(s->raw, "it is cut short: chunks are missing", *at, err);
	rc = i2n_source_pread(s->raw, b, sizeof(b), *at, err);
	if (rc != I2N_OK)
		return rc;
	c.type = i2n_le16(b);
	len = (uint64_t)i2n_le32(b + 4) * lay->block_size;
	if (!data_size(c.type, len, &data))
		return damaged(s->raw, "an impossible chunk", *at, err);
	if (i2n_le32(b + 8) != ((lay->chunk_header_size + data) & UINT32_MAX))
		return damaged(s->raw, "a chunk whose sizes contradict each other", *at, err);
	if (!i2n_range_ok(c.at, data, s->raw->size))
		return damaged(s->raw, "it is cut short: the file ends in a chunk", *at, err);
	if (len > s->src.size - *off)
		return damaged(s->raw, "a chunk beyond the end of the image", *at, err);
	if (c.type == CHUNK_FILL) {
		rc = i2n_source_pread(s->raw, word, sizeof(word), c.at, err);
		if (rc != I2N_OK)
			return rc;
		memcpy(&c.fill, word, sizeof(word));
	}
	if (len)
		s->chunks[s->n++] = c;
	*at = c.at + data;
	*off += len;
	return I2N_OK;
}

static int read_chunks(struct simg *s, const struct layout *lay, struct i2n_err *err)
{
	uint64_t at = lay->header_size, off = 0;
	uint32_t i;
	int rc;

	for (i = 0; i < lay->chunks; i++) {
		rc = read_chunk(s, lay, &at, &off, err);
		if (rc != I2N_OK)
			return rc;
	}
	return off == s->src.size ? I2N_OK : damaged(s->raw, "blocks are missing", at, err);
}

static uint32_t find_chunk(const struct simg *s, uint64_t off)
{
	uint32_t lo = 0, hi = s->n;

	while (hi - lo > 1) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (s->chunks[mid].off <= off)
			lo = mid;
		else
			hi = mid;
	}
	return lo;
}

static uint64_t chunk_end(const struct simg *s, uint32_t i)
{
	return i + 1 < s->n ? s->chunks[i + 1].off : s->src.size;
}

static int read_inside(struct simg *s, const struct chunk *c, unsigned char *to, size_t n,
		       uint64_t in, struct i2n_err *err)
{
	unsigned char word[4];
	size_t i;

	if (c->type == CHUNK_RAW)
		return i2n_source_pread(s->raw, to, n, c->at + in, err);
	if (c->type == CHUNK_DONT_CARE || !c->fill) {
		memset(to, 0, n);
		return I2N_OK;
	}
	memcpy(word, &c->fill, sizeof(word));
	for (i = 0; i < n; i++)
		to[i] = word[(in + i) % 4];
	return I2N_OK;
}

static int simg_pread(struct i2n_source *src, void *buf, size_t len, uint64_t off,
		      struct i2n_err *err)
{
	struct simg *s = (struct simg *)src;
	uint32_t i = find_chunk(s, off);
	unsigned char *to = buf;

	for (; len; i++) {
		uint64_t left = chunk_end(s, i) - off;
		size_t n = left < len ? (size_t)left : len;
		int rc = read_inside(s, &s->chunks[i], to, n, off - s->chunks[i].off, err);

		if (rc != I2N_OK)
			return rc;
		to += n;
		off += n;
		len -= n;
	}
	return I2N_OK;
}

static void simg_willneed(struct i2n_source *src, uint64_t off, uint64_t len)
{
	struct simg *s = (struct simg *)src;
	uint32_t i = find_chunk(s, off);

	for (; len; i++) {
		const struct chunk *c = &s->chunks[i];
		uint64_t left = chunk_end(s, i) - off, n = left < len ? left : len;

		if (c->type == CHUNK_RAW)
			i2n_source_willneed(s->raw, c->at + (off - c->off), n);
		off += n;
		len -= n;
	}
}

static void simg_free(struct i2n_source *src)
{
	free(((struct simg *)src)->chunks);
	free(src);
}

static const struct i2n_source_ops simg_ops = {
	.name = "simg",
	.pread = simg_pread,
	.willneed = simg_willneed,
	.free = simg_free,
};

int packed_simg_open(struct i2n_source *raw, const struct i2n_image_opts *opts,
		     struct i2n_source **ret, struct i2n_err *err)
{
	struct layout lay = { 0 };
	struct simg *s;
	int rc = read_layout(raw, &lay, err);

	(void)opts;
	if (rc != I2N_OK)
		return rc;
	s = calloc(1, sizeof(*s));
	if (!s)
		return i2n_err_nomem(err);
	s->src = (struct i2n_source){
		.ops = &simg_ops,
		.size = (uint64_t)lay.blocks * lay.block_size,
		.ahead = raw->ahead,
		.by_block = raw->by_block,
		.behind = raw->behind,
		.name = raw->name,
		.is_stream = raw->is_stream,
	};
	s->raw = raw;
	s->chunks = malloc(((size_t)lay.chunks + 1) * sizeof(*s->chunks));
	rc = s->chunks ? read_chunks(s, &lay, err) : i2n_err_nomem(err);
	if (rc == I2N_OK)
		*ret = &s->src;
	else
		simg_free(&s->src);
	return rc;
}
