/* qcow2, read-only: what `qemu-img convert` and the makers of cloud images write.
 *
 * Own code, after qemu's docs/interop/qcow2.txt: libqcow is an experimental version in the few
 * systems that have it, and libext2fs only converts whole files. Refused are backing files,
 * encryption, external data and extended L2 entries; snapshots and refcounts are not looked at. */
#include "checked.h"
#include "packed_qcow2_block.h"
#include "packed_random.h"

#include <stdlib.h>
#include <string.h>

#define HEADER_V2 72
#define HEADER_V3 104
#define L2_ZERO 1u
#define L1_MAX (32u << 20)	/* bytes; qemu has the same limit */
#define L2_CACHE (4u << 20)	/* bytes of L2 tables held */
#define CACHED_MAX 64

enum incompatible {
	DIRTY = 1 << 0,			/* refcounts may be wrong: nothing to us */
	CORRUPT = 1 << 1,
	EXTERNAL_DATA = 1 << 2,
	COMPRESSION = 1 << 3,		/* the compression type is not zlib */
	EXTENDED_L2 = 1 << 4,
};

/* L2 tables, each in the place that its number says. */
struct cache {
	unsigned char *bufs;		/* n clusters */
	uint64_t number[CACHED_MAX];	/* of what is in them, plus 1; 0 = nothing */
	unsigned n;
};

struct qcow2 {
	struct i2n_source src;
	struct qcow2_tables tables;
	struct cache l2;
	const struct i2n_image_opts *opts;
	struct i2n_source *blocks;	/* of what is compressed; NULL: nothing was met */
};

enum kind {
	ZERO,
	PLAIN,
	PACKED,
};

/* Neighbours on the disk that are read in one way, side by side in the file if they are PLAIN. */
struct run {
	enum kind kind;
	uint64_t at, len;
};

static int refuse(const struct i2n_source *raw, const char *what, struct i2n_err *err)
{
	i2n_err_set(err, I2N_DOM_IMAGE, 0, "cannot read %s: it is a qcow2 disk %s", raw->name,
		    what);
	i2n_err_hint(err, "make a raw image of it: qemu-img convert -O raw %s OUTPUT", raw->name);
	return I2N_FATAL;
}

/* --- the header --- */

static int check_features(struct qcow2_tables *t, const unsigned char *b, struct i2n_err *err)
{
	uint64_t bits = i2n_be64(b + 72);
	unsigned char type = 0;
	int rc;

	if (bits & CORRUPT)
		return qcow2_damaged(t->raw, "it is marked as corrupt", 72, err);
	if (bits & EXTERNAL_DATA)
		return refuse(t->raw, "whose data are in another file", err);
	if (bits & EXTENDED_L2)
		return refuse(t->raw, "with extended L2 entries", err);
	if (bits & ~(uint64_t)(DIRTY | COMPRESSION))
		return refuse(t->raw, "with features that are not known here", err);
	if (bits & COMPRESSION) {
		if (i2n_be32(b + 100) <= HEADER_V3 || t->raw->size <= HEADER_V3)
			return qcow2_damaged(t->raw, "no compression type is named", 100, err);
		rc = i2n_source_pread(t->raw, &type, 1, HEADER_V3, err);
		if (rc != I2N_OK)
			return rc;
	}
	if (type > QCOW2_ZSTD)
		return refuse(t->raw, "with a compression that is not known here", err);
	t->compression = (enum qcow2_compression)type;
	return I2N_OK;
}

static int check_sizes(struct qcow2_tables *t, const unsigned char *b, struct i2n_err *err)
{
	uint64_t per_l1;

	t->bits = i2n_be32(b + 20);
	if (t->bits < 9 || t->bits > 21)
		return qcow2_damaged(t->raw, "an impossible cluster size is named", 20, err);
	t->size = i2n_be64(b + 24);
	if (!t->size)
		return qcow2_damaged(t->raw, "no size is named", 24, err);
	/* a table of L2 fills a cluster with entries of 8 bytes */
	per_l1 = (uint64_t)1 << (2 * t->bits - 3);
	t->n_l1 = t->size / per_l1 + !!(t->size % per_l1);
	t->l1_at = i2n_be64(b + 40);
	if (t->n_l1 > L1_MAX / 8 || t->n_l1 > i2n_be32(b + 36))
		return qcow2_damaged(t->raw, "an L1 table of impossible size is named", 36, err);
	if (!i2n_range_ok(t->l1_at, t->n_l1 * 8, t->raw->size))
		return qcow2_damaged(t->raw, "an L1 table beyond the end of the file is named", 40,
				     err);
	return I2N_OK;
}

static int read_header(struct qcow2_tables *t, struct i2n_err *err)
{
	unsigned char b[HEADER_V3] = { 0 };
	size_t n = t->raw->size < sizeof(b) ? (size_t)t->raw->size : sizeof(b);
	uint32_t version;
	int rc;

	if (n < HEADER_V2)
		return qcow2_damaged(t->raw, "it ends in its header", n, err);
	rc = i2n_source_pread(t->raw, b, n, 0, err);
	if (rc != I2N_OK)
		return rc;
	version = i2n_be32(b + 4);
	if (version < 2 || version > 3)
		return refuse(t->raw, "of a version other than 2 and 3", err);
	if (i2n_be64(b + 8))
		return refuse(t->raw, "that only holds the differences from another one", err);
	if (i2n_be32(b + 32))
		return refuse(t->raw, "that is encrypted", err);
	rc = version == 3 ? check_features(t, b, err) : I2N_OK;
	return rc == I2N_OK ? check_sizes(t, b, err) : rc;
}

/* --- clusters --- */

static int make_cache(struct qcow2 *q, struct i2n_err *err)
{
	struct cache *c = &q->l2;

	c->n = L2_CACHE >> q->tables.bits;
	c->n = c->n > CACHED_MAX ? CACHED_MAX : c->n;
	c->bufs = malloc((size_t)c->n << q->tables.bits);
	return c->bufs ? I2N_OK : i2n_err_nomem(err);
}

/* L2 table i; NULL: there is none. */
static int load_table(struct qcow2 *q, uint64_t i, const unsigned char **ret, struct i2n_err *err)
{
	const size_t size = cluster_size(&q->tables);
	const unsigned slot = (unsigned)(i % q->l2.n);
	unsigned char *table = q->l2.bufs + slot * size;
	uint64_t at;
	int rc = qcow2_l2_at(&q->tables, i, &at, err);

	*ret = NULL;
	if (rc != I2N_OK || !at)
		return rc;
	if (q->l2.number[slot] != i + 1) {
		q->l2.number[slot] = 0;		/* until it is there */
		rc = i2n_source_pread(q->tables.raw, table, size, at, err);
		if (rc != I2N_OK)
			return rc;
		q->l2.number[slot] = i + 1;
	}
	*ret = table;
	return I2N_OK;
}

/* How one cluster of the disk is read; len is its size. */
static int look_up(struct qcow2 *q, uint64_t cluster, struct run *ret, struct i2n_err *err)
{
	const unsigned l2_bits = q->tables.bits - 3;
	const unsigned char *table;
	uint64_t entry = 0;
	int rc = load_table(q, cluster >> l2_bits, &table, err);

	if (rc != I2N_OK)
		return rc;
	if (table)
		entry = i2n_be64(table + 8 * (cluster & (((uint64_t)1 << l2_bits) - 1)));
	*ret = (struct run){ .len = cluster_size(&q->tables) };
	if (entry & L2_COMPRESSED) {
		ret->kind = PACKED;
		return I2N_OK;
	}
	ret->at = entry & OFFSET_MASK;
	if (!ret->at || entry & L2_ZERO)
		return I2N_OK;
	ret->kind = PLAIN;
	if (ret->at % ret->len || !i2n_range_ok(ret->at, 1, q->tables.raw->size))
		return qcow2_damaged(q->tables.raw, "a cluster at an impossible place is named",
				     ret->at, err);
	return I2N_OK;
}

/* The longest at off, at most max bytes; what is wrong behind its first cluster ends it. */
static int find_run(struct qcow2 *q, uint64_t off, uint64_t max, struct run *ret,
		    struct i2n_err *err)
{
	const uint64_t in = off & (cluster_size(&q->tables) - 1);
	uint64_t cluster = off >> q->tables.bits;
	struct run next;
	int rc = look_up(q, cluster, ret, err);

	if (rc != I2N_OK)
		return rc;
	while (ret->len - in < max && look_up(q, ++cluster, &next, NULL) == I2N_OK &&
	       next.kind == ret->kind && (ret->kind != PLAIN || next.at == ret->at + ret->len))
		ret->len += next.len;
	ret->at += in;
	ret->len = ret->len - in < max ? ret->len - in : max;
	return I2N_OK;
}

static int need_blocks(struct qcow2 *q, struct i2n_err *err)
{
	int rc = q->blocks ? I2N_OK : qcow2_blocks(&q->tables, q->opts, &q->blocks, err);

	if (rc == I2N_OK && !q->blocks)
		return refuse(q->tables.raw, "of more than 256 TiB that is compressed", err);
	if (rc == I2N_OK)
		q->src.stats.n_blocks = q->blocks->stats.n_blocks;
	return rc;
}

static void count_blocks(struct qcow2 *q)
{
	q->src.stats.blocks = q->blocks->stats.blocks;
}

static int read_packed(struct qcow2 *q, void *buf, size_t len, uint64_t off, struct i2n_err *err)
{
	int rc = need_blocks(q, err);

	if (rc != I2N_OK)
		return rc;
	rc = i2n_source_pread(q->blocks, buf, len, off, err);
	count_blocks(q);
	return rc;
}

static int read_run(struct qcow2 *q, const struct run *run, void *buf, uint64_t off,
		    struct i2n_err *err)
{
	const size_t len = (size_t)run->len;

	if (run->kind == PACKED)
		return read_packed(q, buf, len, off, err);
	if (run->kind == ZERO) {
		memset(buf, 0, len);
		return I2N_OK;
	}
	if (!i2n_range_ok(run->at, len, q->tables.raw->size))
		return qcow2_damaged(q->tables.raw, "a cluster at an impossible place is named",
				     run->at, err);
	return i2n_source_pread(q->tables.raw, buf, len, run->at, err);
}

static int qcow2_pread(struct i2n_source *src, void *buf, size_t len, uint64_t off,
		       struct i2n_err *err)
{
	struct qcow2 *q = (struct qcow2 *)src;
	unsigned char *to = buf;
	struct run run;

	while (len) {
		int rc = find_run(q, off, len, &run, err);

		if (rc == I2N_OK)
			rc = read_run(q, &run, to, off, err);
		if (rc != I2N_OK)
			return rc;
		to += run.len;
		off += run.len;
		len -= (size_t)run.len;
	}
	return I2N_OK;
}

/* What is wrong is told by the read. */
static void qcow2_willneed(struct i2n_source *src, uint64_t off, uint64_t len)
{
	struct qcow2 *q = (struct qcow2 *)src;
	struct run run;

	if (q->tables.raw->is_stream)	/* its tables may have to be waited for */
		return;
	for (; len && find_run(q, off, len, &run, NULL) == I2N_OK; off += run.len, len -= run.len)
		if (run.kind == PACKED && need_blocks(q, NULL) == I2N_OK) {
			i2n_source_willneed(q->blocks, off, run.len);
			count_blocks(q);
		} else if (run.kind == PLAIN) {
			i2n_source_willneed(q->tables.raw, run.at, run.len);
		}
}

static void qcow2_free(struct i2n_source *src)
{
	struct qcow2 *q = (struct qcow2 *)src;

	i2n_source_free(q->blocks);
	free(q->tables.l1);
	free(q->l2.bufs);
	free(q);
}

static const struct i2n_source_ops qcow2_ops = {
	.name = "qcow2",
	.pread = qcow2_pread,
	.willneed = qcow2_willneed,
	.free = qcow2_free,
};

/* --- opening --- */

static int open_tables(struct qcow2 *q, struct i2n_err *err)
{
	struct qcow2_tables *t = &q->tables;
	int rc = read_header(t, err);

	if (rc != I2N_OK)
		return rc;
	q->src.size = t->size;
	t->l1 = malloc((size_t)t->n_l1 * 8);
	if (!t->l1)
		return i2n_err_nomem(err);
	rc = make_cache(q, err);
	return rc == I2N_OK ? i2n_source_pread(t->raw, t->l1, (size_t)t->n_l1 * 8, t->l1_at, err)
			    : rc;
}

/* As its first table is, all of it may well be: who compresses a disk compresses all. What is wrong
 * is told by the read. */
static bool is_compressed(struct qcow2 *q)
{
	const unsigned char *table = NULL;
	uint64_t i;

	for (i = 0; i < q->tables.n_l1 && !table; i++)
		if (load_table(q, i, &table, NULL) != I2N_OK)
			return false;
	for (i = 0; table && i < cluster_size(&q->tables) / 8; i++)
		if (i2n_be64(table + 8 * i) & L2_COMPRESSED)
			return true;
	return false;
}

/* Before anything is put on it. */
static int say_how(struct qcow2 *q, struct i2n_err *err)
{
	const struct i2n_source *raw = q->tables.raw;
	int rc = I2N_OK;

	q->src.is_stream = raw->is_stream;
	q->src.ahead = raw->ahead;
	q->src.by_block = raw->by_block;
	q->src.behind = raw->behind;
	if (raw->is_stream || !is_compressed(q))
		return I2N_OK;
	rc = need_blocks(q, err);
	if (rc != I2N_OK)
		return rc;
	q->src.by_block = true;
	q->src.behind = q->blocks->behind;
	if (q->blocks->ahead > q->src.ahead)
		q->src.ahead = q->blocks->ahead;
	return I2N_OK;
}

int packed_qcow2_open(struct i2n_source *raw, const struct i2n_image_opts *opts,
		      struct i2n_source **ret, struct i2n_err *err)
{
	struct qcow2 *q = calloc(1, sizeof(*q));
	int rc;

	if (!q)
		return i2n_err_nomem(err);
	q->src = (struct i2n_source){ .ops = &qcow2_ops, .name = raw->name };
	q->tables.raw = raw;
	q->opts = opts;
	rc = open_tables(q, err);
	if (rc == I2N_OK)
		rc = say_how(q, err);
	if (rc == I2N_OK)
		*ret = &q->src;
	else
		qcow2_free(&q->src);
	return rc;
}
