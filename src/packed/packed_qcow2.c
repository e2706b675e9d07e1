/* qcow2, read-only: what `qemu-img convert` and the makers of cloud images write.
 *
 * Own code, after qemu's docs/interop/qcow2.txt: libqcow is an experimental version in the few
 * systems that have it, and libext2fs only converts whole files. Refused are backing files,
 * encryption, external data and extended L2 entries; snapshots and refcounts are not looked at. */
#include "checked.h"
#include "packed_qcow2_cluster.h"
#include "packed_random.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define HEADER_V2 72
#define HEADER_V3 104
#define OFFSET_MASK 0x00fffffffffffe00u
#define L2_COMPRESSED ((uint64_t)1 << 62)
#define L2_ZERO 1u
#define L1_MAX (32u << 20)	/* bytes; qemu has the same limit */
#define L2_CACHE (4u << 20)	/* bytes of L2 tables held */
#define UNPACKED_CACHE (4u << 20)	/* of unpacked clusters */
#define CACHED_MAX 64

enum incompatible {
	DIRTY = 1 << 0,			/* refcounts may be wrong: nothing to us */
	CORRUPT = 1 << 1,
	EXTERNAL_DATA = 1 << 2,
	COMPRESSION = 1 << 3,		/* the compression type is not zlib */
	EXTENDED_L2 = 1 << 4,
};

/* Clusters of one kind, each in the place that its number says. */
struct cache {
	unsigned char *bufs;		/* n clusters */
	uint64_t number[CACHED_MAX];	/* of what is in them, plus 1; 0 = nothing */
	unsigned n;
};

struct qcow2 {
	struct i2n_source src;
	struct i2n_source *raw;
	unsigned bits;			/* of the cluster size */
	enum qcow2_compression compression;
	uint64_t l1_at;
	uint64_t n_l1;
	unsigned char *l1;		/* as in the file */
	unsigned char *packed;		/* room for one packed cluster */
	struct cache l2, unpacked;
};

static size_t cluster_size(const struct qcow2 *q)
{
	return (size_t)1 << q->bits;
}

static int damaged(const struct i2n_source *raw, const char *what, uint64_t at, struct i2n_err *err)
{
	i2n_err_set(err, I2N_DOM_PACKED, 0, "cannot read %s: the qcow2 disk is damaged: %s at %"
		    PRIu64, raw->name, what, at);
	i2n_err_hint(err, "look at it with: qemu-img check %s", raw->name);
	return I2N_FATAL;
}

static int refuse(const struct i2n_source *raw, const char *what, struct i2n_err *err)
{
	i2n_err_set(err, I2N_DOM_IMAGE, 0, "cannot read %s: it is a qcow2 disk %s", raw->name,
		    what);
	i2n_err_hint(err, "make a raw image of it: qemu-img convert -O raw %s OUTPUT", raw->name);
	return I2N_FATAL;
}

/* --- the header --- */

static int check_features(struct qcow2 *q, const unsigned char *b, struct i2n_err *err)
{
	uint64_t bits = i2n_be64(b + 72);
	unsigned char type = 0;
	int rc;

	if (bits & CORRUPT)
		return damaged(q->raw, "it is marked as corrupt", 72, err);
	if (bits & EXTERNAL_DATA)
		return refuse(q->raw, "whose data are in another file", err);
	if (bits & EXTENDED_L2)
		return refuse(q->raw, "with extended L2 entries", err);
	if (bits & ~(uint64_t)(DIRTY | COMPRESSION))
		return refuse(q->raw, "with features that are not known here", err);
	if (bits & COMPRESSION) {
		if (i2n_be32(b + 100) <= HEADER_V3 || q->raw->size <= HEADER_V3)
			return damaged(q->raw, "no compression type is named", 100, err);
		rc = i2n_source_pread(q->raw, &type, 1, HEADER_V3, err);
		if (rc != I2N_OK)
			return rc;
	}
	if (type > QCOW2_ZSTD)
		return refuse(q->raw, "with a compression that is not known here", err);
	q->compression = (enum qcow2_compression)type;
	return I2N_OK;
}

static int check_sizes(struct qcow2 *q, const unsigned char *b, struct i2n_err *err)
{
	uint64_t per_l1;

	q->bits = i2n_be32(b + 20);
	if (q->bits < 9 || q->bits > 21)
		return damaged(q->raw, "an impossible cluster size is named", 20, err);
	q->src.size = i2n_be64(b + 24);
	if (!q->src.size)
		return damaged(q->raw, "no size is named", 24, err);
	/* a table of L2 fills a cluster with entries of 8 bytes */
	per_l1 = (uint64_t)1 << (2 * q->bits - 3);
	q->n_l1 = q->src.size / per_l1 + !!(q->src.size % per_l1);
	q->l1_at = i2n_be64(b + 40);
	if (q->n_l1 > L1_MAX / 8 || q->n_l1 > i2n_be32(b + 36))
		return damaged(q->raw, "an L1 table of impossible size is named", 36, err);
	if (!i2n_range_ok(q->l1_at, q->n_l1 * 8, q->raw->size))
		return damaged(q->raw, "an L1 table beyond the end of the file is named", 40, err);
	return I2N_OK;
}

static int read_header(struct qcow2 *q, struct i2n_err *err)
{
	unsigned char b[HEADER_V3] = { 0 };
	size_t n = q->raw->size < sizeof(b) ? (size_t)q->raw->size : sizeof(b);
	uint32_t version;
	int rc;

	if (n < HEADER_V2)
		return damaged(q->raw, "it ends in its header", n, err);
	rc = i2n_source_pread(q->raw, b, n, 0, err);
	if (rc != I2N_OK)
		return rc;
	version = i2n_be32(b + 4);
	if (version < 2 || version > 3)
		return refuse(q->raw, "of a version other than 2 and 3", err);
	if (i2n_be64(b + 8))
		return refuse(q->raw, "that only holds the differences from another one", err);
	if (i2n_be32(b + 32))
		return refuse(q->raw, "that is encrypted", err);
	rc = version == 3 ? check_features(q, b, err) : I2N_OK;
	return rc == I2N_OK ? check_sizes(q, b, err) : rc;
}

/* --- clusters --- */

static int make_cache(const struct qcow2 *q, struct cache *c, size_t bytes, struct i2n_err *err)
{
	c->n = (unsigned)(bytes >> q->bits);
	c->n = c->n > CACHED_MAX ? CACHED_MAX : c->n;
	c->bufs = malloc((size_t)c->n << q->bits);
	return c->bufs ? I2N_OK : i2n_err_nomem(err);
}

/* Where cluster `number` is or will be; *ret_has says which. */
static unsigned char *cached(const struct qcow2 *q, struct cache *c, uint64_t number, bool *ret_has)
{
	unsigned i = (unsigned)(number % c->n);

	*ret_has = c->number[i] == number + 1;
	c->number[i] = 0;	/* until it is filled and kept */
	return c->bufs + ((size_t)i << q->bits);
}

static void keep(struct cache *c, uint64_t number)
{
	c->number[number % c->n] = number + 1;
}

/* The L2 entry of a cluster of the disk; 0 = there is none. */
static int find_entry(struct qcow2 *q, uint64_t cluster, uint64_t *ret, struct i2n_err *err)
{
	unsigned l2_bits = q->bits - 3;
	uint64_t i = cluster >> l2_bits, at = i2n_be64(q->l1 + 8 * i) & OFFSET_MASK;
	unsigned char *table;
	bool has;
	int rc;

	*ret = 0;
	if (!at)
		return I2N_OK;
	table = cached(q, &q->l2, i, &has);
	if (!has) {
		if (!i2n_range_ok(at, cluster_size(q), q->raw->size) || at % cluster_size(q))
			return damaged(q->raw, "an L2 table at an impossible place is named",
				       q->l1_at + 8 * i, err);
		rc = i2n_source_pread(q->raw, table, cluster_size(q), at, err);
		if (rc != I2N_OK)
			return rc;
	}
	keep(&q->l2, i);
	*ret = i2n_be64(table + 8 * (cluster & (((uint64_t)1 << l2_bits) - 1)));
	return I2N_OK;
}

/* A compressed cluster's entry: its offset, and how many sectors of 512 bytes it touches besides
 * the first. The last one of the file may be shorter than that. */
static int unpack_cluster(struct qcow2 *q, uint64_t entry, unsigned char *to, struct i2n_err *err)
{
	unsigned x = 62 - (q->bits - 8);
	uint64_t at = entry & (((uint64_t)1 << x) - 1);
	uint64_t len = (((entry & (L2_COMPRESSED - 1)) >> x) + 1) * 512 - (at & 511);
	const char *why;
	int rc;

	if (at >= q->raw->size)
		return damaged(q->raw, "a cluster beyond the end of the file is named", at, err);
	if (len > q->raw->size - at)
		len = q->raw->size - at;
	rc = i2n_source_pread(q->raw, q->packed, (size_t)len, at, err);
	if (rc != I2N_OK)
		return rc;
	why = qcow2_unpack(q->compression, q->packed, (size_t)len, to, cluster_size(q));
	return why ? damaged(q->raw, why, at, err) : I2N_OK;
}

static int read_packed(struct qcow2 *q, uint64_t cluster, uint64_t entry, void *buf, size_t n,
		       uint64_t in, struct i2n_err *err)
{
	bool has;
	unsigned char *bytes = cached(q, &q->unpacked, cluster, &has);
	int rc = has ? I2N_OK : unpack_cluster(q, entry, bytes, err);

	if (rc != I2N_OK)
		return rc;
	keep(&q->unpacked, cluster);
	memcpy(buf, bytes + in, n);
	return I2N_OK;
}

/* n bytes at `in` of a cluster. */
static int read_cluster(struct qcow2 *q, uint64_t cluster, void *buf, size_t n, uint64_t in,
			struct i2n_err *err)
{
	uint64_t entry, at;
	int rc = find_entry(q, cluster, &entry, err);

	if (rc != I2N_OK)
		return rc;
	if (entry & L2_COMPRESSED)
		return read_packed(q, cluster, entry, buf, n, in, err);
	at = entry & OFFSET_MASK;
	if (!at || entry & L2_ZERO) {
		memset(buf, 0, n);
		return I2N_OK;
	}
	if (at % cluster_size(q) || !i2n_range_ok(at + in, n, q->raw->size))
		return damaged(q->raw, "a cluster at an impossible place is named", at, err);
	return i2n_source_pread(q->raw, buf, n, at + in, err);
}

static int qcow2_pread(struct i2n_source *src, void *buf, size_t len, uint64_t off,
		       struct i2n_err *err)
{
	struct qcow2 *q = (struct qcow2 *)src;
	unsigned char *to = buf;

	while (len) {
		size_t in = (size_t)(off & (cluster_size(q) - 1)), n = cluster_size(q) - in;
		int rc;

		n = n < len ? n : len;
		rc = read_cluster(q, off >> q->bits, to, n, in, err);
		if (rc != I2N_OK)
			return rc;
		to += n;
		off += n;
		len -= n;
	}
	return I2N_OK;
}

static void qcow2_free(struct i2n_source *src)
{
	struct qcow2 *q = (struct qcow2 *)src;

	free(q->l1);
	free(q->packed);
	free(q->l2.bufs);
	free(q->unpacked.bufs);
	free(q);
}

static const struct i2n_source_ops qcow2_ops = {
	.name = "qcow2",
	.pread = qcow2_pread,
	.free = qcow2_free,
};

static int open_tables(struct qcow2 *q, struct i2n_err *err)
{
	int rc = read_header(q, err);

	if (rc != I2N_OK)
		return rc;
	q->l1 = malloc((size_t)q->n_l1 * 8);
	/* the most an entry can say: 2^(bits - 8) sectors */
	q->packed = malloc(cluster_size(q) * 2);
	if (!q->l1 || !q->packed)
		return i2n_err_nomem(err);
	rc = make_cache(q, &q->l2, L2_CACHE, err);
	if (rc == I2N_OK)
		rc = make_cache(q, &q->unpacked, UNPACKED_CACHE, err);
	return rc == I2N_OK ? i2n_source_pread(q->raw, q->l1, (size_t)q->n_l1 * 8, q->l1_at, err)
			    : rc;
}

int packed_qcow2_open(struct i2n_source *raw, const struct i2n_image_opts *opts,
		      struct i2n_source **ret, struct i2n_err *err)
{
	struct qcow2 *q = calloc(1, sizeof(*q));
	int rc;

	(void)opts;
	if (!q)
		return i2n_err_nomem(err);
	q->src = (struct i2n_source){
		.ops = &qcow2_ops,
		.name = raw->name,
		.is_stream = raw->is_stream,
	};
	q->raw = raw;
	rc = open_tables(q, err);
	if (rc == I2N_OK)
		*ret = &q->src;
	else
		qcow2_free(&q->src);
	return rc;
}
