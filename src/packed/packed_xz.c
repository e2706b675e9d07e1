/* .xz by its blocks: the index at the end of each stream says where they are (the .xz file format,
 * 4. Index). What `xz -T` and pixz write.
 *
 * Walked by hand with liblzma's decoders of footer, index and header instead of
 * lzma_file_info_decoder(), which 5.2 (Ubuntu 22.04) has not. */
#include "checked.h"
#include "packed_blocks.h"
#include "packed_random.h"
#include "packed_xz_block.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <lzma.h>

#define INDEX_MAX (16u << 20)	/* of one stream, packed: about 8 bytes for each block */
#define INDEX_MEMORY ((uint64_t)64 << 20)	/* unpacked, of all streams: 16 bytes a block */
#define STREAMS_MAX 4096u
#define PADDING_MAX ((uint64_t)1 << 20)

struct walk {
	struct i2n_source *raw;
	uint64_t end;		/* of what has not been looked at */
	lzma_index *index;	/* of what has */
	struct i2n_err *err;
};

static int damaged(const struct walk *w, const char *why)
{
	i2n_err_set(w->err, I2N_DOM_PACKED, 0, "cannot read %s: %s at %" PRIu64, w->raw->name,
		    why, w->end);
	i2n_err_hint(w->err, "copy or download it again and compare its size or checksum");
	return I2N_FATAL;
}

/* Zeros between and after streams, in units of four. */
static int skip_padding(struct walk *w, uint64_t *ret)
{
	unsigned char buf[4096];
	uint64_t start = w->end;
	size_t n;
	int rc;

	while (w->end) {
		n = w->end < sizeof(buf) ? (size_t)w->end : sizeof(buf);
		rc = i2n_source_pread(w->raw, buf, n, w->end - n, w->err);
		if (rc != I2N_OK)
			return rc;
		for (; n && !buf[n - 1]; n--)
			w->end--;
		if (n)
			break;
		if (start - w->end > PADDING_MAX)
			return damaged(w, "too many zeros");
	}
	/* the format has its four, the footer's magic ends without a zero */
	*ret = start - w->end;
	return *ret % 4 ? damaged(w, "no whole number of units of four zeros") : I2N_OK;
}

static int read_footer(struct walk *w, lzma_stream_flags *ret)
{
	unsigned char buf[LZMA_STREAM_HEADER_SIZE];
	lzma_ret r;
	int rc;

	if (w->end < 2 * LZMA_STREAM_HEADER_SIZE)
		return damaged(w, "there is no complete stream before the end");
	rc = i2n_source_pread(w->raw, buf, sizeof(buf), w->end - sizeof(buf), w->err);
	if (rc != I2N_OK)
		return rc;
	r = lzma_stream_footer_decode(ret, buf);
	if (r == LZMA_FORMAT_ERROR)
		return damaged(w, "it is cut short, or something was appended: there is no end of "
				  "an xz stream");
	if (r == LZMA_OPTIONS_ERROR)
		return damaged(w, "a stream that this version of liblzma does not know ends");
	return r == LZMA_OK ? I2N_OK : damaged(w, "a damaged footer ends");
}

/* I2N_END: larger than what we want to hold. */
static int read_index(struct walk *w, const lzma_stream_flags *footer, lzma_index **ret)
{
	uint64_t len = footer->backward_size, memory = INDEX_MEMORY;
	unsigned char *buf;
	size_t pos = 0;
	lzma_ret r;
	int rc;

	if (len > w->end - 2 * LZMA_STREAM_HEADER_SIZE)
		return damaged(w, "an index that is larger than the file ends");
	if (len > INDEX_MAX)
		return I2N_END;
	buf = malloc((size_t)len);
	if (!buf)
		return i2n_err_nomem(w->err);
	rc = i2n_source_pread(w->raw, buf, (size_t)len,
			      w->end - LZMA_STREAM_HEADER_SIZE - len, w->err);
	r = rc == I2N_OK ? lzma_index_buffer_decode(ret, &memory, NULL, buf, &pos, (size_t)len)
			 : LZMA_OK;
	free(buf);
	if (rc != I2N_OK)
		return rc;
	if (r == LZMA_MEMLIMIT_ERROR)
		return I2N_END;
	if (r == LZMA_MEM_ERROR)
		return i2n_err_nomem(w->err);
	if (r != LZMA_OK || pos != len) {
		if (r == LZMA_OK)
			lzma_index_end(*ret, NULL);
		return damaged(w, "a damaged index ends");
	}
	return I2N_OK;
}

static int check_header(struct walk *w, const lzma_stream_flags *footer, uint64_t at)
{
	unsigned char buf[LZMA_STREAM_HEADER_SIZE];
	lzma_stream_flags header;
	int rc = i2n_source_pread(w->raw, buf, sizeof(buf), at, w->err);

	if (rc != I2N_OK)
		return rc;
	if (lzma_stream_header_decode(&header, buf) != LZMA_OK ||
	    lzma_stream_flags_compare(&header, footer) != LZMA_OK)
		return damaged(w, "a stream whose beginning is not where its index says ends");
	return I2N_OK;
}

/* Put the index of a stream before those of the streams behind it. */
static int add_index(struct walk *w, lzma_index *index, const lzma_stream_flags *footer,
		     uint64_t padding)
{
	if (lzma_index_stream_flags(index, footer) != LZMA_OK ||
	    lzma_index_stream_padding(index, padding) != LZMA_OK)
		return damaged(w, "an impossible stream ends");
	if (w->index) {
		lzma_ret r = lzma_index_cat(index, w->index, NULL);

		if (r != LZMA_OK)
			return r == LZMA_MEM_ERROR ? i2n_err_nomem(w->err)
						   : damaged(w, "streams are too large together");
	}
	w->index = index;
	return I2N_OK;
}

/* The stream that ends at w->end, padding included. */
static int take_stream(struct walk *w)
{
	lzma_stream_flags footer;
	lzma_index *index = NULL;
	uint64_t padding, before;
	int rc;

	rc = skip_padding(w, &padding);
	if (rc == I2N_OK)
		rc = read_footer(w, &footer);
	if (rc == I2N_OK)
		rc = read_index(w, &footer, &index);
	if (rc != I2N_OK)
		return rc;
	/* header, blocks, index, footer */
	before = w->end - 2 * LZMA_STREAM_HEADER_SIZE - footer.backward_size;
	if (lzma_index_total_size(index) > before)
		rc = damaged(w, "an index of blocks that do not fit before it ends");
	else
		rc = check_header(w, &footer, before - lzma_index_total_size(index));
	if (rc == I2N_OK) {
		before -= lzma_index_total_size(index);
		rc = add_index(w, index, &footer, padding);
	}
	if (rc != I2N_OK) {
		lzma_index_end(index, NULL);
		return rc;
	}
	w->end = before;
	return I2N_OK;
}

static int walk_streams(struct walk *w)
{
	unsigned n;
	int rc;

	for (n = 0; w->end; n++) {
		rc = n < STREAMS_MAX ? take_stream(w) : I2N_END;
		if (rc != I2N_OK)
			return rc;
		if (lzma_index_memused(w->index) > INDEX_MEMORY)
			return I2N_END;
	}
	return I2N_OK;
}

/* liblzma has checked that sizes add up and that each block lies inside its stream. */
static int make_table(const lzma_index *index, struct blocks_spec *spec, struct i2n_err *err)
{
	uint64_t n = lzma_index_block_count(index), max = 0;
	lzma_index_iter it;
	struct block *t;

	if (n > BLOCKS_MAX)
		return I2N_END;
	t = malloc((n ? n : 1) * sizeof(*t));
	if (!t)
		return i2n_err_nomem(err);
	n = 0;
	lzma_index_iter_init(&it, index);
	while (!lzma_index_iter_next(&it, LZMA_INDEX_ITER_NONEMPTY_BLOCK)) {
		if (it.block.uncompressed_size > max)
			max = it.block.uncompressed_size;
		t[n++] = (struct block){
			.off = it.block.uncompressed_file_offset,
			.at = it.block.compressed_file_offset,
			.packed = it.block.total_size,
			.tag = xz_block_tag(it.block.unpadded_size, it.stream.flags->check),
			.len = (uint32_t)it.block.uncompressed_size, /* or it is not usable */
		};
	}
	if (!blocks_are_usable(n, max)) {
		free(t);
		return I2N_END;
	}
	spec->table = t;
	spec->n = (uint32_t)n;
	return I2N_OK;
}

int packed_xz_open(struct i2n_source *raw, const struct i2n_image_opts *opts,
		   struct i2n_source **ret, struct i2n_err *err)
{
	struct walk w = { .raw = raw, .end = raw->size, .err = err };
	struct blocks_spec spec = {
		.codec = &xz_codec, .packed = raw, .threads = opts->threads, .stop = opts->stop,
	};
	int rc;

	if (raw->is_stream)
		return I2N_END;
	rc = walk_streams(&w);
	if (rc == I2N_OK)
		rc = make_table(w.index, &spec, err);
	lzma_index_end(w.index, NULL);
	if (rc == I2N_OK)
		rc = xz_block_memory(raw, &spec.table[0], &spec.memory, err);
	if (rc == I2N_OK)
		rc = blocks_new(&spec, ret, err);
	if (rc != I2N_OK)
		free(spec.table);
	return rc;
}
