#include "packed_qcow2_block.h"

#include "checked.h"
#include "packed_blocks.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK_SIZE (1u << 20)
#define BLOCK_SIZE_SCATTERED (64u << 10)	/* what a read costs is all that its block holds */
#define HELD (16u << 20)

/* What one decode() needs. */
struct work {
	const struct qcow2_tables *tables;
	struct qcow2_unpacker *unpacker;
	unsigned char *packed;		/* room for one packed cluster */
	unsigned char *entries;		/* of the block's clusters, as in the file */
};

int qcow2_damaged(const struct i2n_source *raw, const char *what, uint64_t at, struct i2n_err *err)
{
	i2n_err_set(err, I2N_DOM_PACKED, 0, "cannot read %s: the qcow2 disk is damaged: %s at %"
		    PRIu64, raw->name, what, at);
	i2n_err_hint(err, "look at it with: qemu-img check %s", raw->name);
	return I2N_FATAL;
}

int qcow2_l2_at(const struct qcow2_tables *t, uint64_t i, uint64_t *ret, struct i2n_err *err)
{
	const uint64_t at = i2n_be64(t->l1 + 8 * i) & OFFSET_MASK;

	if (at && (at % cluster_size(t) || !i2n_range_ok(at, cluster_size(t), t->raw->size)))
		return qcow2_damaged(t->raw, "an L2 table at an impossible place is named",
				     t->l1_at + 8 * i, err);
	*ret = at;
	return I2N_OK;
}

/* --- in the threads: past the gate, which is for one thread --- */

static int read_raw(const struct qcow2_tables *t, void *buf, uint64_t len, uint64_t at,
		    struct i2n_err *err)
{
	return t->raw->ops->pread(t->raw, buf, (size_t)len, at, err);
}

/* The L2 entries of n clusters; where there is no table they are zero. */
static int read_entries(const struct work *w, uint64_t cluster, uint64_t n, struct i2n_err *err)
{
	const struct qcow2_tables *t = w->tables;
	const uint64_t per_table = cluster_size(t) / 8;
	unsigned char *to = w->entries;
	uint64_t now, at;
	int rc = I2N_OK;

	for (; n && rc == I2N_OK; cluster += now, n -= now, to += 8 * now) {
		const uint64_t in = cluster % per_table;

		now = per_table - in < n ? per_table - in : n;
		rc = qcow2_l2_at(t, cluster / per_table, &at, err);
		if (rc == I2N_OK && at)
			rc = read_raw(t, to, 8 * now, at + 8 * in, err);
		else if (rc == I2N_OK)
			memset(to, 0, (size_t)(8 * now));
	}
	return rc;
}

/* A compressed cluster's entry: its offset, and how many sectors of 512 bytes it touches besides
 * the first. The last one of the file may be shorter than that. */
static int unpack_cluster(const struct work *w, uint64_t entry, unsigned char *to,
			  struct i2n_err *err)
{
	const struct qcow2_tables *t = w->tables;
	const unsigned x = 62 - (t->bits - 8);
	const uint64_t at = entry & (((uint64_t)1 << x) - 1);
	uint64_t len = (((entry & (L2_COMPRESSED - 1)) >> x) + 1) * 512 - (at & 511);
	const char *why;
	int rc;

	if (at >= t->raw->size)
		return qcow2_damaged(t->raw, "a cluster beyond the end of the file is named", at,
				     err);
	if (len > t->raw->size - at)
		len = t->raw->size - at;
	rc = read_raw(t, w->packed, len, at, err);
	if (rc != I2N_OK)
		return rc;
	why = qcow2_unpack(w->unpacker, w->packed, (size_t)len, to, cluster_size(t));
	return why ? qcow2_damaged(t->raw, why, at, err) : I2N_OK;
}

static int unpack_all(const struct work *w, const struct block *b, unsigned char *buf,
		      struct i2n_err *err)
{
	const unsigned bits = w->tables->bits;
	const uint64_t n = b->len >> bits;
	int rc = read_entries(w, b->off >> bits, n, err);

	for (uint64_t i = 0; i < n && rc == I2N_OK; i++) {
		const uint64_t entry = i2n_be64(w->entries + 8 * i);

		if (entry & L2_COMPRESSED)
			rc = unpack_cluster(w, entry, buf + (i << bits), err);
		else
			memset(buf + (i << bits), 0, cluster_size(w->tables));
	}
	return rc;
}

static int decode(const void *ctx, const struct block *b, struct blocks_input *in, void *buf,
		  struct i2n_err *err)
{
	const struct qcow2_tables *t = ctx;
	struct work w = {
		.tables = t,
		.unpacker = qcow2_unpacker_new(t->compression),
		/* the most an entry can say: 2^(bits - 8) sectors */
		.packed = malloc(cluster_size(t) * 2),
		.entries = malloc((b->len >> t->bits) * (size_t)8),
	};
	int rc;

	(void)in;	/* a block's bytes do not lie in one place */
	rc = w.unpacker && w.packed && w.entries ? unpack_all(&w, b, buf, err) : i2n_err_nomem(err);
	qcow2_unpacker_free(w.unpacker);
	free(w.packed);
	free(w.entries);
	return rc;
}

static const struct blocks_codec codec = { .name = "qcow2", .decode = decode };

int qcow2_blocks(const struct qcow2_tables *t, const struct i2n_image_opts *opts,
		 struct i2n_source **ret, struct i2n_err *err)
{
	const uint64_t mask = cluster_size(t) - 1;
	uint64_t len = opts->scattered ? BLOCK_SIZE_SCATTERED : BLOCK_SIZE, n;
	struct blocks_spec spec = {
		.codec = &codec,
		.ctx = (void *)(uintptr_t)t,	/* decode() gets it as const again */
		.packed = t->raw,
		.held = HELD,
		.memory = 2 * cluster_size(t) + (1u << 20),
		.threads = opts->threads,
		.stop = opts->stop,
	};

	if (t->size > (uint64_t)BLOCKS_MAX * BLOCKS_SIZE_MAX)
		return I2N_OK;
	len = len < cluster_size(t) ? cluster_size(t) : len;
	while ((n = (t->size + len - 1) / len) > BLOCKS_MAX)
		len *= 2;
	spec.size = (t->size + mask) & ~mask;
	spec.len = (uint32_t)len;
	spec.n = (uint32_t)n;
	return blocks_new(&spec, ret, err);
}
