#include "journal_scan.h"

#include "checked.h"

#include <stdlib.h>
#include <string.h>

#define MAGIC 0xc03b3998u
#define HEADER 12u

enum block_type { DESCRIPTOR = 1, COMMIT = 2, REVOKE = 5 };
enum tag_flags { TAG_ESCAPE = 1, TAG_SAME_UUID = 2, TAG_LAST = 8 };

/* --- walking the log: control blocks one after the other --- */

struct walk {
	struct journal_log *log;
	unsigned char
		*block; /* a copy of the control block: log_read() reuses its window for data */
	uint32_t type;
	uint32_t blk;			/* where the control block lies */
	uint32_t next;			/* the log block behind what has been used so far */
	uint32_t left;			/* blocks of the ring not yet used */
	uint32_t no;			/* number of the current transaction */
};

static int walk_init(struct walk *w, struct journal_log *log, struct i2n_err *err)
{
	*w = (struct walk){ .log = log, .next = log->start, .left = log->last - log->first };
	w->block = malloc(log->block_size);
	return w->block ? I2N_OK : i2n_err_nomem(err);
}

static void walk_release(struct walk *w)
{
	free(w->block);
}

/* Use one block of the ring; false: all have been used. */
static bool take_block(struct walk *w, uint32_t *ret)
{
	if (!w->left)
		return false;
	w->left--;
	*ret = w->next++;
	if (w->next == w->log->last)
		w->next = w->log->first;
	return true;
}

/* The next control block of the current transaction. I2N_END: there is none, the log ends here. */
static int walk_next(struct walk *w, struct i2n_err *err)
{
	const unsigned char *block;
	int rc;

	if (!take_block(w, &w->blk))
		return I2N_END;
	rc = log_read(w->log, w->blk, &block, err);
	if (rc != I2N_OK)
		return rc;
	if (i2n_be32(block) != MAGIC || i2n_be32(block + 8) != w->log->sequence + w->no)
		return I2N_END;
	w->type = i2n_be32(block + 4);
	if (w->type != DESCRIPTOR && w->type != COMMIT && w->type != REVOKE)
		return I2N_END;
	memcpy(w->block, block, w->log->block_size);
	return I2N_OK;
}

struct tag {
	uint64_t fs_blk;
	uint32_t csum;			/* 32 bits with csum v3, 16 with v2 */
	uint32_t flags;
	uint32_t blk;			/* log block with the data */
};

struct tags {
	struct walk *walk;
	uint32_t off;
	bool last;
};

/* The tags of the current descriptor block, in order; each takes a block of the ring. I2N_END: no
 * more. I2N_BADNODE: more tags than the ring has blocks. */
static int next_tag(struct tags *t, struct tag *tag)
{
	const struct journal_log *log = t->walk->log;
	const unsigned char *p = t->walk->block + t->off;
	/* the kernel decides by the tag's own length alone whether there is another one */
	if (t->last || t->off + log->tag_len > log->block_size - log->tail_len)
		return I2N_END;
	tag->flags = i2n_be16(p + 6);
	tag->fs_blk = i2n_be32(p);
	if (log->has_64bit)
		tag->fs_blk |= (uint64_t)i2n_be32(p + 8) << 32;
	tag->csum = log->csum_v3 ? i2n_be32(p + 12) : i2n_be16(p + 4);
	t->off += log->tag_len + (tag->flags & TAG_SAME_UUID ? 0 : 16);
	t->last = tag->flags & TAG_LAST;
	return take_block(t->walk, &tag->blk) ? I2N_OK : I2N_BADNODE;
}

static struct tags tags_of(struct walk *w)
{
	return (struct tags){ .walk = w, .off = HEADER };
}

/* --- pass 1: where the log ends --- */

#define MAX_BAD 64

/* A logged block that cannot be used. It does no harm if it is revoked later on. */
struct bad_block {
	uint64_t fs_blk;
	const char *what;
	uint32_t no, blk;
	uint32_t
		revoked_by; /* number of the first transaction that revokes it, UINT32_MAX = none */
};

struct scanner {
	struct walk walk;
	struct journal_scan *scan;
	bool ended;			/* scan->end is settled */
	bool suspicious; /* a control block of this transaction has a wrong checksum: damaged or
			    stale */
	uint32_t suspicious_blk;
	uint32_t crc;			/* csum v1: over the blocks of this transaction */
	uint64_t last_time;
	struct bad_block bad[MAX_BAD];
	unsigned n_bad;
};

static void settle(struct scanner *s, bool damaged, const char *what, uint32_t blk)
{
	if (!s->ended)
		s->scan->end = s->walk.no;
	s->ended = true;
	s->scan->damaged = s->scan->damaged || damaged;
	if (what && !s->scan->what) {
		s->scan->what = what;
		s->scan->damaged_blk = blk;
	}
}

static bool has_tail_csum(const struct journal_log *log)
{
	return log->csum_v2 || log->csum_v3;
}

static bool is_block_sound(const struct walk *w)
{
	uint32_t at = w->log->block_size - 4;

	return !has_tail_csum(w->log) ||
	       log_csum_without(w->log, w->block, at) == i2n_be32(w->block + at);
}

static bool is_data_sound(const struct walk *w, const struct tag *tag, const unsigned char *data)
{
	const struct journal_log *log = w->log;
	uint32_t seq = log->sequence + w->no, crc;
	unsigned char be[4] = { (unsigned char)(seq >> 24), (unsigned char)(seq >> 16),
				(unsigned char)(seq >> 8), (unsigned char)seq };

	crc = log_csum(log_csum(log->csum_seed, be, sizeof(be)), data, log->block_size);
	return tag->csum == (log->csum_v3 ? crc : crc & 0xffff);
}

/* When the list is full its last entry stands for all that follow: it counts as one that nobody
 * revokes. */
static void note_bad(struct scanner *s, const struct tag *tag, const char *what)
{
	if (s->n_bad < MAX_BAD)
		s->bad[s->n_bad++] = (struct bad_block){ .fs_blk = tag->fs_blk,
							 .what = what,
							 .no = s->walk.no,
							 .blk = tag->blk,
							 .revoked_by = UINT32_MAX };
}

#define WHAT_OUTSIDE "a block of it lies outside the image"

/* Read the data of a descriptor block where a checksum has to be made over it. */
static int scan_tags(struct scanner *s, struct i2n_err *err)
{
	struct journal_log *log = s->walk.log;
	bool v1 = log->csum_v1 && !s->suspicious && !s->ended;
	bool v23 = has_tail_csum(log) && !s->suspicious;
	struct tags tags = tags_of(&s->walk);
	struct tag tag;
	int rc;

	if (v1)
		s->crc = log_csum_be(s->crc, s->walk.block, log->block_size);
	while ((rc = next_tag(&tags, &tag)) == I2N_OK) {
		const unsigned char *data;
		uint64_t pos;

		if (!log_pos(log, tag.blk, &pos)) {
			note_bad(s, &tag, WHAT_OUTSIDE);
			continue;
		}
		if (!v1 && !v23)
			continue;
		rc = log_read(log, tag.blk, &data, err);
		if (rc != I2N_OK)
			return rc;
		if (v1)
			s->crc = log_csum_be(s->crc, data, log->block_size);
		else if (!is_data_sound(&s->walk, &tag, data))
			note_bad(s, &tag, "the checksum of a block in it is wrong");
	}
	if (rc == I2N_BADNODE)
		settle(s, true, "it runs in a circle", s->walk.blk);
	return rc == I2N_BADNODE ? I2N_END : I2N_OK;
}

/* csum v1: one crc32 over descriptor and data blocks; all zero = none was made. */
static bool is_commit_sound_v1(const struct scanner *s)
{
	const unsigned char *b = s->walk.block;
	uint32_t found = i2n_be32(b + 16);

	return (found == s->crc && b[12] == 1 && b[13] == 4) || (!found && !b[12] && !b[13]);
}

/* csum v2 and v3 over the whole block. The kernel also takes one that is right when all behind the
 * header's 60 bytes is zero: some devices lose the end of a block that was being written. */
static bool is_commit_sound_v23(struct scanner *s)
{
	struct walk *w = &s->walk;
	uint32_t want = i2n_be32(w->block + 16);

	if (log_csum_without(w->log, w->block, 16) == want)
		return true;
	memset(w->block + 60, 0, w->log->block_size - 60);
	return log_csum_without(w->log, w->block, 16) == want;
}

static bool is_commit_sound(struct scanner *s)
{
	if (s->walk.log->csum_v1)
		return is_commit_sound_v1(s);
	return !has_tail_csum(s->walk.log) || is_commit_sound_v23(s);
}

/* A wrong checksum in a transaction that looks older than the one before is left over from an
 * earlier use of the journal: the log ends before it. Otherwise it is damage, except that with
 * async commit the commit block of the last transaction may be on the medium before its data.
 * I2N_END: the walk is over. */
static int scan_commit(struct scanner *s)
{
	uint64_t time = i2n_be64(s->walk.block + 48);
	const struct journal_log *log = s->walk.log;
	bool stale = time < s->last_time;

	if (s->suspicious) {
		settle(s, !stale, stale ? NULL : "the checksum of a control block is wrong",
		       s->suspicious_blk);
		return I2N_END;
	}
	if (log->csum_v1 && s->ended) {		/* the bad one was not the last */
		settle(s, true, NULL, 0);
		return I2N_END;
	}
	if (!is_commit_sound(s)) {
		settle(s, !stale && !log->has_async,
		       stale ? NULL : "the checksum of its commit block is wrong", s->walk.blk);
		if (stale || !log->has_async)
			return I2N_END;
		s->scan->dropped = true;
	}
	if (!s->ended)
		s->scan->last_commit = (int64_t)time;
	s->last_time = time;
	s->crc = ~0u;
	s->walk.no++;
	return I2N_OK;
}

static uint32_t revoke_len(const struct journal_log *log)
{
	return log->has_64bit ? 8 : 4;
}

static bool is_revoke_sane(const struct walk *w)
{
	return i2n_be32(w->block + HEADER) <= w->log->block_size - w->log->tail_len;
}

static void suspect(struct scanner *s)
{
	if (!s->suspicious)
		s->suspicious_blk = s->walk.blk;
	s->suspicious = true;
}

static int scan_block(struct scanner *s, struct i2n_err *err)
{
	switch (s->walk.type) {
	case DESCRIPTOR:
		if (!is_block_sound(&s->walk))
			suspect(s);
		return scan_tags(s, err);
	case REVOKE:
		/* a length that lies is a damage even if there are no checksums to tell */
		if (!is_block_sound(&s->walk) || !is_revoke_sane(&s->walk))
			suspect(s);
		return I2N_OK;
	default:
		return scan_commit(s);
	}
}

/* --- revoke records --- */

typedef void revoke_fn(void *ctx, uint64_t fs_blk, uint32_t no);

/* Call fn for every revoke record of transactions 0 .. end - 1. The REVOKE feature bit is not
 * asked: logs are seen that hold revoke blocks and lack it. */
static int each_revoke(struct journal_log *log, uint32_t end, revoke_fn *fn, void *ctx,
		       struct i2n_err *err)
{
	uint32_t len = revoke_len(log), off, max;
	struct walk w;
	int rc = walk_init(&w, log, err);

	while (rc == I2N_OK && w.no < end) {
		struct tags tags = tags_of(&w);
		struct tag tag;

		rc = walk_next(&w, err);
		if (rc != I2N_OK)
			break;
		if (w.type == COMMIT)
			w.no++;
		while (w.type == DESCRIPTOR && next_tag(&tags, &tag) == I2N_OK)
			;
		if (w.type != REVOKE || !is_revoke_sane(&w))
			continue;
		max = i2n_be32(w.block + HEADER);
		for (off = HEADER + 4; off + len <= max; off += len)
			fn(ctx, len == 8 ? i2n_be64(w.block + off) : i2n_be32(w.block + off), w.no);
	}
	walk_release(&w);
	return rc == I2N_FATAL ? rc : I2N_OK;
}

static void rescue_bad(void *ctx, uint64_t fs_blk, uint32_t no)
{
	struct scanner *s = ctx;
	unsigned i;

	for (i = 0; i < s->n_bad; i++)
		if (s->bad[i].fs_blk == fs_blk && s->bad[i].no <= no && s->bad[i].revoked_by > no)
			s->bad[i].revoked_by = no;
}

/* Cut the log before the first data block that is bad and not revoked within what is left. From the
 * last to the first: a cut can only take away revokes of blocks before it. */
static int cut_at_bad(struct scanner *s, struct i2n_err *err)
{
	struct journal_scan *scan = s->scan;
	unsigned i = s->n_bad;
	int rc;

	if (!i)
		return I2N_OK;
	rc = each_revoke(s->walk.log, scan->end, rescue_bad, s, err);
	if (i == MAX_BAD)
		s->bad[i - 1].revoked_by = UINT32_MAX;
	while (rc == I2N_OK && i--) {
		const struct bad_block *b = &s->bad[i];

		if (b->no >= scan->end || b->revoked_by < scan->end)
			continue;
		scan->end = b->no;
		scan->damaged = true;
		scan->what = b->what;
		scan->damaged_blk = b->blk;
	}
	return rc;
}

int scan_log(struct journal_log *log, struct journal_scan *scan, struct i2n_err *err)
{
	struct scanner s = { .scan = scan, .crc = ~0u };
	int rc;

	memset(scan, 0, sizeof(*scan));
	if (!log->start)
		return I2N_OK;
	rc = walk_init(&s.walk, log, err);
	if (rc != I2N_OK)
		return rc;
	while ((rc = walk_next(&s.walk, err)) == I2N_OK)
		if ((rc = scan_block(&s, err)) != I2N_OK)
			break;
	if (rc == I2N_BADNODE)
		settle(&s, true, WHAT_OUTSIDE, s.walk.blk);
	settle(&s, false, NULL, 0);
	if (rc != I2N_FATAL)
		rc = cut_at_bad(&s, err);
	walk_release(&s.walk);
	return rc == I2N_FATAL ? rc : I2N_OK;
}

/* --- passes 2 and 3: the newest copy of each block, unless revoked --- */

#define REVOKED (UINT32_C(1) << 31)

struct copy {
	uint64_t fs_blk;
	uint32_t dist; /* log block, counted from the start of the oldest transaction; bit 31 =
			  revoked */
	uint32_t no;			/* transaction * 2 + escaped */
};

struct copies {
	struct copy *v;
	size_t n, cap;
	uint64_t outside;
};

static int add_copy(struct copies *c, const struct walk *w, const struct tag *tag,
		    struct i2n_err *err)
{
	uint32_t ring = w->log->last - w->log->first;
	uint32_t dist = (tag->blk - w->log->first + ring - (w->log->start - w->log->first)) % ring;

	if (c->n == c->cap) {
		size_t cap = c->cap ? 2 * c->cap : 256;
		struct copy *v = realloc(c->v, cap * sizeof(*v));

		if (!v)
			return i2n_err_nomem(err);
		c->v = v;
		c->cap = cap;
	}
	c->v[c->n++] = (struct copy){ .fs_blk = tag->fs_blk, .dist = dist,
				      .no = w->no * 2 + !!(tag->flags & TAG_ESCAPE) };
	return I2N_OK;
}

static int collect(struct journal_log *log, uint32_t end, uint64_t fs_blocks, struct copies *c,
		   struct i2n_err *err)
{
	struct walk w;
	int rc = walk_init(&w, log, err);

	while (rc == I2N_OK && w.no < end && (rc = walk_next(&w, err)) == I2N_OK) {
		struct tags tags = tags_of(&w);
		struct tag tag;

		if (w.type == COMMIT)
			w.no++;
		while (w.type == DESCRIPTOR && rc == I2N_OK && next_tag(&tags, &tag) == I2N_OK) {
			if (tag.fs_blk < fs_blocks)
				rc = add_copy(c, &w, &tag, err);
			else
				c->outside++;
		}
	}
	walk_release(&w);
	return rc == I2N_FATAL ? rc : I2N_OK;
}

static int compare_copies(const void *a, const void *b)
{
	const struct copy *x = a, *y = b;

	if (x->fs_blk != y->fs_blk)
		return x->fs_blk < y->fs_blk ? -1 : 1;
	return (x->dist > y->dist) - (x->dist < y->dist);
}

/* Only the last copy of a block matters: if that one is revoked, so are all before it. */
static void keep_newest(struct copies *c)
{
	size_t i, n = 0;

	if (c->n)
		qsort(c->v, c->n, sizeof(*c->v), compare_copies);
	for (i = 0; i < c->n; i++) {
		if (n && c->v[n - 1].fs_blk == c->v[i].fs_blk)
			n--;
		c->v[n++] = c->v[i];
	}
	c->n = n;
}

/* A revoke record holds for all copies in its own and in earlier transactions. */
static void on_revoke(void *ctx, uint64_t fs_blk, uint32_t no)
{
	struct copies *c = ctx;
	size_t lo = 0, hi = c->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (c->v[mid].fs_blk < fs_blk)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (lo < c->n && c->v[lo].fs_blk == fs_blk && c->v[lo].no / 2 <= no)
		c->v[lo].dist |= REVOKED;
}

/* In place: both structures have 16 bytes, and the list may be long. */
static void to_overlay(const struct journal_log *log, struct copies *c, struct overlay_block *out,
		       size_t *ret_n)
{
	uint32_t ring = log->last - log->first;
	size_t i, n = 0;

	for (i = 0; i < c->n; i++) {
		const struct copy *copy = &c->v[i];
		uint32_t blk =
			log->first + (log->start - log->first + (copy->dist & ~REVOKED)) % ring;
		uint64_t pos;

		if (copy->dist & REVOKED || !log_pos(log, blk, &pos))
			continue;
		out[n++] =
			(struct overlay_block){ .blk = copy->fs_blk,
						.pos = pos | (copy->no & 1 ? OVERLAY_ESCAPED : 0) |
						       (log->external ? OVERLAY_JOURNAL : 0) };
	}
	*ret_n = n;
}

int scan_blocks(struct journal_log *log, const struct journal_scan *scan, uint64_t fs_blocks,
		struct overlay_block **ret, size_t *ret_n, uint64_t *ret_outside,
		struct i2n_err *err)
{
	struct copies c = { .v = NULL };
	int rc = collect(log, scan->end, fs_blocks, &c, err);

	*ret = NULL;
	*ret_n = 0;
	if (rc == I2N_OK) {
		keep_newest(&c);
		rc = each_revoke(log, scan->end, on_revoke, &c, err);
	}
	if (rc == I2N_OK && c.n) {
		*ret = malloc(c.n * sizeof(**ret));
		if (*ret)
			to_overlay(log, &c, *ret, ret_n);
		else
			rc = i2n_err_nomem(err);
	}
	*ret_outside = c.outside;
	free(c.v);
	return rc;
}
