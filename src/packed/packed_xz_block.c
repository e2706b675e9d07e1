#include "packed_xz_block.h"

#include <stdlib.h>
#include <string.h>

#include <lzma.h>

#define INPUT_BYTES (256u << 10)
#define MEMORY_MAX ((uint64_t)256 << 20)	/* of one decoder; xz -9 takes 65 MiB */

static const char *ret_name(lzma_ret r)
{
	switch (r) {
	case LZMA_OK:
	case LZMA_BUF_ERROR:
		return "it ends too early";
	case LZMA_STREAM_END:
		return "it is not as large as the index says";
	case LZMA_UNSUPPORTED_CHECK:
		return "this version of liblzma does not know its kind of check";
	case LZMA_OPTIONS_ERROR:
		return "LZMA_OPTIONS_ERROR";
	case LZMA_FORMAT_ERROR:
		return "LZMA_FORMAT_ERROR";
	case LZMA_DATA_ERROR:
		return "LZMA_DATA_ERROR";
	default:
		return "LZMA_PROG_ERROR";
	}
}

static void free_filters(lzma_filter *f)
{
	for (; f->id != LZMA_VLI_UNKNOWN; f++)
		free(f->options);
}

/* Fill *ret (and its filters) from the header at buf, of which n bytes are there. */
static lzma_ret decode_header(const unsigned char *buf, size_t n, const struct block *b,
			      lzma_block *ret)
{
	lzma_ret r;

	ret->version = 1;
	ret->check = (lzma_check)(b->tag & 15);
	if (!n || !buf[0])
		return LZMA_DATA_ERROR;
	ret->header_size = lzma_block_header_size_decode(buf[0]);
	if (ret->header_size > n)
		return LZMA_DATA_ERROR;
	r = lzma_block_header_decode(ret, NULL, buf);
	if (r != LZMA_OK)
		return r;
	r = lzma_block_compressed_size(ret, b->tag >> 4);
	if (r == LZMA_OK && ret->uncompressed_size != LZMA_VLI_UNKNOWN &&
	    ret->uncompressed_size != b->len)
		r = LZMA_DATA_ERROR;
	if (r == LZMA_OK && !lzma_check_is_supported(ret->check))
		r = LZMA_UNSUPPORTED_CHECK;
	if (r == LZMA_OK && lzma_raw_decoder_memusage(ret->filters) > MEMORY_MAX)
		r = LZMA_OPTIONS_ERROR;
	if (r != LZMA_OK)
		free_filters(ret->filters);
	return r;
}

int xz_block_memory(struct i2n_source *raw, const struct block *b, size_t *ret, struct i2n_err *err)
{
	lzma_filter filters[LZMA_FILTERS_MAX + 1];
	lzma_block header = { .version = 1, .filters = filters };
	unsigned char buf[LZMA_BLOCK_HEADER_SIZE_MAX];
	size_t n = b->packed < sizeof(buf) ? (size_t)b->packed : sizeof(buf);
	uint64_t memory;
	int rc = i2n_source_pread(raw, buf, n, b->at, err);

	*ret = 0;
	if (rc != I2N_OK)
		return rc;
	header.check = (lzma_check)(b->tag & 15);
	header.header_size = lzma_block_header_size_decode(buf[0]);
	/* if it is damaged, that is told when the block is read */
	if (!buf[0] || header.header_size > n ||
	    lzma_block_header_decode(&header, NULL, buf) != LZMA_OK)
		return I2N_OK;
	memory = lzma_raw_decoder_memusage(filters);
	free_filters(filters);
	if (memory > MEMORY_MAX)
		return I2N_END;
	*ret = (size_t)memory + INPUT_BYTES;
	return I2N_OK;
}

/* Run the decoder until it ends, has no more input, or fails. */
static int run_decoder(lzma_stream *strm, struct blocks_input *in, unsigned char *input,
		       lzma_ret *ret_r, struct i2n_err *err)
{
	lzma_ret r = LZMA_OK;
	int rc;

	while (r == LZMA_OK) {
		if (!strm->avail_in) {
			rc = blocks_input(in, input, INPUT_BYTES, &strm->avail_in, err);
			if (rc != I2N_OK)
				return rc;
			strm->next_in = input;
		}
		/* no input and no room: it would go on for ever with LZMA_BUF_ERROR only */
		r = lzma_code(strm, LZMA_RUN);
	}
	*ret_r = r;
	return I2N_OK;
}

static int decode_with(unsigned char *input, const struct block *b, struct blocks_input *in,
		       void *buf, struct i2n_err *err)
{
	lzma_filter filters[LZMA_FILTERS_MAX + 1];
	lzma_block header = { .filters = filters };
	lzma_stream strm = LZMA_STREAM_INIT;
	lzma_ret r;
	size_t n;
	int rc = blocks_input(in, input, INPUT_BYTES, &n, err);

	if (rc != I2N_OK)
		return rc;
	r = decode_header(input, n, b, &header);
	if (r != LZMA_OK)
		return r == LZMA_MEM_ERROR ? i2n_err_nomem(err)
					   : blocks_damaged(in, ret_name(r), err);
	header.uncompressed_size = b->len;
	r = lzma_block_decoder(&strm, &header);
	strm.next_in = input + header.header_size;
	strm.avail_in = n - header.header_size;
	strm.next_out = buf;
	strm.avail_out = b->len;
	if (r == LZMA_OK)
		rc = run_decoder(&strm, in, input, &r, err);
	lzma_end(&strm);
	free_filters(filters);
	if (rc != I2N_OK)
		return rc;
	if (r == LZMA_MEM_ERROR)
		return i2n_err_nomem(err);
	if (r != LZMA_STREAM_END || strm.avail_out)
		return blocks_damaged(in, ret_name(r), err);
	return I2N_OK;
}

static int xz_decode(const void *ctx, const struct block *b, struct blocks_input *in, void *buf,
		     struct i2n_err *err)
{
	unsigned char *input = malloc(INPUT_BYTES);
	int rc;

	(void)ctx;
	if (!input)
		return i2n_err_nomem(err);
	rc = decode_with(input, b, in, buf, err);
	free(input);
	return rc;
}

const struct blocks_codec xz_codec = { .name = "xz", .decode = xz_decode };
