#include "packed_blocks.h"

#include "crew.h"
#include "kept.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <lzma.h>

#define SLOTS_MAX 256
#define THREADS_MAX 64
#define NO_SLOT UINT16_MAX
#define NO_BLOCK UINT32_MAX
#define SMALL_READ (256u << 10)	/* larger ones are of file data: once */
#define WANTS_MAX 64

/* A decoded block, or one that is being decoded. */
struct slot {
	struct job job;
	struct blocks *blocks;
	uint32_t block;		/* NO_BLOCK: nothing in it */
	bool ahead;		/* hinted and not read yet */
	uint64_t used;		/* when it was read last: b->clock */
	uint64_t since;		/* when it was taken: b->n_first */
	unsigned char *buf;	/* of max_len bytes; made at first use */
	int rc;
	struct i2n_err err;	/* when rc is not OK */
};

/* Bytes to be kept when they are unpacked for something else. */
struct want { uint64_t off, len; };

struct blocks {
	struct i2n_source src;
	struct blocks_spec spec;
	struct crew *crew;
	struct kept kept;
	size_t max_len;
	unsigned threads;		/* 0: they are decoded when they are read, by the reader */
	unsigned n_slots, max_ahead;
	struct slot *slots;
	const struct slot *reading;	/* not to be given to another block: it is being read */
	uint16_t *slot_of;	/* of each block: its slot or NO_SLOT */
	uint64_t *hinted;	/* a bit for each block: to be decoded when there is room */
	uint32_t n_hints;	/* bits that are set */
	uint32_t last;		/* the block that was read last */
	struct want wants[WANTS_MAX];
	uint32_t n_wants;	/* so many there were */
	uint64_t clock, n_first;	/* reads of slots; slots that were read for the first time
					 * */
};

struct blocks_input {
	struct blocks *blocks;
	struct block block;
	uint32_t number;
	uint64_t pos;
};

static struct block block_of(const struct blocks_spec *spec, uint32_t number)
{
	uint64_t off = (uint64_t)number * spec->len;

	if (spec->table)
		return spec->table[number];
	return (struct block){
		.off = off,
		.len = spec->size - off < spec->len ? (uint32_t)(spec->size - off) : spec->len,
	};
}

bool blocks_are_usable(uint64_t n, uint64_t max)
{
	uint64_t ram = lzma_physmem();	/* 0 = not known */

	return n && n <= BLOCKS_MAX && max <= (n > 1 ? BLOCKS_SIZE_MAX : BLOCKS_SINGLE_MAX) &&
	       (!ram || max <= ram / 8);
}

/* --- in the threads --- */

int blocks_input(struct blocks_input *in, void *buf, size_t cap, size_t *ret, struct i2n_err *err)
{
	struct blocks *b = in->blocks;
	uint64_t left = in->block.packed - in->pos;
	size_t n = left < cap ? (size_t)left : cap;
	int rc;

	if (crew_is_stopping(b->crew))
		return I2N_END;
	/* past the gate, which is for one thread */
	rc = n ? b->spec.packed->ops->pread(b->spec.packed, buf, n, in->block.at + in->pos, err)
	       : I2N_OK;
	in->pos += n;
	*ret = n;
	return rc;
}

int blocks_damaged(const struct blocks_input *in, const char *why, struct i2n_err *err)
{
	const struct blocks *b = in->blocks;

	i2n_err_set(err, I2N_DOM_PACKED, 0,
		    "cannot read %s: its block %" PRIu32 " of %" PRIu32 ", at %" PRIu64
		    ", is damaged: %s", b->src.name, in->number + 1, b->spec.n, in->block.at, why);
	i2n_err_hint(err, "copy or download it again and compare its size or checksum");
	return I2N_FATAL;
}

static void run_slot(struct job *job)
{
	struct slot *s = (struct slot *)(void *)job;	/* its first member */
	const struct blocks_spec *spec = &s->blocks->spec;
	struct blocks_input in = { .blocks = s->blocks, .block = block_of(spec, s->block),
				   .number = s->block };

	s->rc = spec->codec->decode(spec->ctx, &in.block, &in, s->buf, &s->err);
}

/* --- slots, all by the thread of the reader --- */

static struct slot *free_slot(struct blocks *b)
{
	unsigned i;

	for (i = 0; i < b->n_slots; i++) {
		struct slot *s = &b->slots[i];

		if (s->block != NO_BLOCK)
			continue;
		if (!s->buf)
			s->buf = malloc(b->max_len);
		return s->buf ? s : NULL;
	}
	return NULL;
}

/* A hint that was followed and then by many other blocks was wrong. */
static bool is_ahead(const struct blocks *b, const struct slot *s)
{
	return s->ahead && b->n_first - s->since <= b->n_slots;
}

static struct slot *oldest_slot(struct blocks *b)
{
	struct slot *best = NULL, *s;
	unsigned i;

	for (i = 0; i < b->n_slots; i++) {
		s = &b->slots[i];
		if (s->block != NO_BLOCK && s != b->reading && !is_ahead(b, s) &&
		    (!best || s->used < best->used) && crew_is_done(b->crew, &s->job))
			best = s;
	}
	return best;
}

/* All are being decoded, or wait to be read: the one that was hinted first. NULL: no memory for
 * even one. */
static struct slot *wait_for_slot(struct blocks *b)
{
	struct slot *best = NULL, *s;
	unsigned i;

	for (i = 0; i < b->n_slots; i++) {
		s = &b->slots[i];
		if (s->block != NO_BLOCK && (!best || s->since < best->since))
			best = s;
	}
	if (!best || crew_cancel(b->crew, &best->job) ||
	    crew_await(b->crew, &best->job, b->spec.stop))
		return best;
	return NULL;
}

/* NULL: no room for a block that is hinted; no memory; stopped. */
static struct slot *take_slot(struct blocks *b, uint32_t block, bool ahead)
{
	struct slot *s = free_slot(b);

	if (!s)
		s = oldest_slot(b);
	if (!s && !ahead)
		s = wait_for_slot(b);
	if (!s)
		return NULL;
	if (s->block != NO_BLOCK)
		b->slot_of[s->block] = NO_SLOT;
	s->block = block;
	s->ahead = ahead;
	s->used = ahead ? 0 : ++b->clock;
	s->since = b->n_first;
	b->slot_of[block] = (uint16_t)(s - b->slots);
	b->src.stats.blocks++;
	crew_submit(b->crew, &s->job);
	return s;
}

static unsigned count_ahead(const struct blocks *b)
{
	unsigned i, n = 0;

	for (i = 0; i < b->n_slots; i++)
		n += b->slots[i].block != NO_BLOCK && is_ahead(b, &b->slots[i]);
	return n;
}

static bool is_hinted(const struct blocks *b, uint32_t block)
{
	return b->hinted[block / 64] >> block % 64 & 1;
}

static void set_hint(struct blocks *b, uint32_t block, bool on)
{
	if (is_hinted(b, block) == on)
		return;
	b->hinted[block / 64] ^= UINT64_C(1) << block % 64;
	b->n_hints += on ? 1 : -1u;
}

/* There is one, from here to the end or from the beginning. */
static uint32_t next_hinted(const struct blocks *b, uint32_t block)
{
	while (!is_hinted(b, block)) {
		block = b->hinted[block / 64] >> block % 64 ? block + 1 : (block | 63) + 1;
		if (block >= b->spec.n)
			block = 0;
	}
	return block;
}

/* Start as many of the hinted blocks as there is room for, as they will be read by those who read
 * in the order of the medium, in whatever order they know of it. */
static void start_hinted(struct blocks *b)
{
	while (b->n_hints && count_ahead(b) < b->max_ahead) {
		uint32_t block = next_hinted(b, b->last);

		if (b->slot_of[block] == NO_SLOT && !take_slot(b, block, true))
			return;
		set_hint(b, block, false);
	}
}

static uint32_t find_block(const struct blocks *b, uint64_t off)
{
	const struct block *t = b->spec.table;
	uint32_t lo = 0, hi = b->spec.n;

	if (!t)
		return (uint32_t)(off / b->spec.len);
	while (hi - lo > 1) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (t[mid].off <= off)
			lo = mid;
		else
			hi = mid;
	}
	return lo;
}

static bool is_stopped(const struct blocks *b)
{
	return b->spec.stop && *b->spec.stop;
}

static int stopped(const struct blocks *b, struct i2n_err *err)
{
	return i2n_fail(err, I2N_FATAL, I2N_DOM_STOPPED, *b->spec.stop, "stopped by the user");
}

static void keep_one(struct blocks *b, const struct slot *s, const struct want *w)
{
	const struct block t = block_of(&b->spec, s->block);

	if (w->off < t.off + t.len && w->off + w->len > t.off)
		kept_put(&b->kept, w->off, (size_t)w->len, s->buf, t.off, t.len, true);
}

static void keep_wanted(struct blocks *b, const struct slot *s)
{
	uint32_t i, n = b->n_wants < WANTS_MAX ? b->n_wants : WANTS_MAX;

	for (i = 0; i < n; i++)
		keep_one(b, s, &b->wants[i]);
}

/* Who reads along the medium leaves something behind, and fetches it soon. That does not make those
 * blocks newer than others: which are given up first is a matter of their order. */
static bool is_look_back(const struct blocks *b, uint32_t block)
{
	return block < b->last && b->last - block < b->n_slots - b->max_ahead;
}

/* The slot that holds the block, decoded. */
static int get_block(struct blocks *b, uint32_t block, struct slot **ret, struct i2n_err *err)
{
	struct slot *s;
	const bool back = is_look_back(b, block);
	bool first = true;

	b->reading = NULL;	/* what was has been copied */
	if (b->slot_of[block] == NO_SLOT) {
		s = take_slot(b, block, false);
		if (!s && is_stopped(b))
			return stopped(b, err);
		if (!s)
			return i2n_err_nomem(err);
	} else {
		s = &b->slots[b->slot_of[block]];
		first = s->ahead;
		s->ahead = false;
		if (first || !back)
			s->used = ++b->clock;
	}
	b->reading = s;
	b->n_first += first;
	if (!back)
		b->last = block;
	set_hint(b, block, false);
	start_hinted(b);
	if (!crew_await(b->crew, &s->job, b->spec.stop))
		return stopped(b, err);
	if (s->rc == I2N_OK && first)
		keep_wanted(b, s);
	else if (s->rc != I2N_OK && err)
		*err = s->err;
	*ret = s;
	return s->rc;
}

static int blocks_pread(struct i2n_source *src, void *buf, size_t len, uint64_t off,
			struct i2n_err *err)
{
	struct blocks *b = (struct blocks *)src;
	unsigned char *to = buf;
	uint64_t at, end = off + len;
	struct slot *s = NULL;
	uint32_t block;
	int rc;

	if (kept_get(&b->kept, buf, len, off))
		return I2N_OK;
	for (at = off, block = find_block(b, off); at < end; block++) {
		const struct block t = block_of(&b->spec, block);
		uint64_t in = at - t.off, n = t.len - in;

		rc = get_block(b, block, &s, err);
		if (rc != I2N_OK)
			return rc;
		n = n < end - at ? n : end - at;
		memcpy(to, s->buf + in, (size_t)n);
		if (len <= SMALL_READ)
			kept_put(&b->kept, off, len, s->buf, t.off, t.len, false);
		to += n;
		at += n;
	}
	return I2N_OK;
}

static void blocks_willneed(struct i2n_source *src, uint64_t off, uint64_t len)
{
	struct blocks *b = (struct blocks *)src;
	uint32_t block = find_block(b, off);

	if (!b->threads)
		return;
	for (; block < b->spec.n && block_of(&b->spec, block).off < off + len; block++)
		if (b->slot_of[block] == NO_SLOT)
			set_hint(b, block, true);
	start_hinted(b);
}

/* Beyond WANTS_MAX they are forgotten, the oldest first. */
static void blocks_keep(struct i2n_source *src, uint64_t off, uint64_t len)
{
	struct blocks *b = (struct blocks *)src;
	struct want *w = &b->wants[b->n_wants++ % WANTS_MAX];
	const uint32_t block = find_block(b, off);
	const struct slot *s = b->slot_of[block] == NO_SLOT ? NULL : &b->slots[b->slot_of[block]];

	*w = (struct want){ off, len };
	if (s && !s->ahead && crew_is_done(b->crew, &s->job) && s->rc == I2N_OK)
		keep_one(b, s, w);
}

static void blocks_free(struct i2n_source *src)
{
	struct blocks *b = (struct blocks *)src;
	unsigned i;

	crew_free(b->crew);
	for (i = 0; b->slots && i < b->n_slots; i++)
		free(b->slots[i].buf);
	kept_release(&b->kept);
	free(b->slots);
	free(b->slot_of);
	free(b->hinted);
	if (b->spec.codec->free)
		b->spec.codec->free(b->spec.ctx);
	free(b->spec.table);
	free(b);
}

static const struct i2n_source_ops blocks_ops = {
	.name = "blocks",
	.pread = blocks_pread,
	.willneed = blocks_willneed,
	.keep = blocks_keep,
	.free = blocks_free,
};

/* --- making one --- */

static unsigned count_threads(const struct blocks_spec *spec, size_t max_len)
{
	uint64_t ram = lzma_physmem(), each = (uint64_t)max_len + spec->memory;
	unsigned n = spec->threads ? spec->threads : lzma_cputhreads();

	if (!spec->packed->any_thread)
		return 0;
	if (n > THREADS_MAX)
		n = THREADS_MAX;
	if (n > spec->n)
		n = spec->n;
	while (n > 1 && ram && n * each > ram / 4)
		n--;
	return n ? n : 1;
}

/* Peak memory: threads * (block + what its decoder needs) + what is held + KEPT_MAX, but at least
 * two blocks. */
static void set_slots(struct blocks *b)
{
	const unsigned threads = b->threads;
	uint64_t n = threads + (b->spec.held ? b->spec.held : BLOCKS_EXTRA) / b->max_len;
	unsigned past;

	if (n > SLOTS_MAX)
		n = SLOTS_MAX;
	b->n_slots = n < 2 ? 2 : (unsigned)n;
	past = b->n_slots / 2 < 3 ? b->n_slots / 2 : 3;
	b->max_ahead = b->n_slots / 2 > threads + 1 ? b->n_slots / 2 : threads + 1;
	if (b->max_ahead > b->n_slots - past)
		b->max_ahead = b->n_slots - past;
}

static int make_arrays(struct blocks *b, struct i2n_err *err)
{
	uint32_t i;

	b->slots = calloc(b->n_slots, sizeof(*b->slots));
	b->slot_of = malloc(b->spec.n * sizeof(*b->slot_of));
	b->hinted = calloc(b->spec.n / 64 + 1, sizeof(*b->hinted));
	if (!b->slots || !b->slot_of || !b->hinted)
		return i2n_err_nomem(err);
	for (i = 0; i < b->spec.n; i++)
		b->slot_of[i] = NO_SLOT;
	for (i = 0; i < b->n_slots; i++)
		b->slots[i] = (struct slot){ .job.run = run_slot, .blocks = b, .block = NO_BLOCK };
	return I2N_OK;
}

/* On failure the spec stays the caller's. */
static void give_back(struct blocks *b)
{
	static const struct blocks_codec none = { .name = "" };

	b->spec.codec = &none;
	b->spec.table = NULL;
	blocks_free(&b->src);
}

int blocks_new(const struct blocks_spec *spec, struct i2n_source **ret, struct i2n_err *err)
{
	struct blocks *b = calloc(1, sizeof(*b));
	const struct block last = block_of(spec, spec->n - 1);
	uint32_t i;

	if (!b)
		return i2n_err_nomem(err);
	b->spec = *spec;
	b->max_len = spec->len;
	for (i = 0; spec->table && i < spec->n; i++)
		if (spec->table[i].len > b->max_len)
			b->max_len = spec->table[i].len;
	b->threads = count_threads(spec, b->max_len);
	set_slots(b);
	b->src = (struct i2n_source){
		.ops = &blocks_ops,
		.size = last.off + last.len,
		.name = spec->packed->name,
		.ahead = b->threads ? (uint64_t)b->max_ahead * b->max_len : 0,
		.by_block = true,
		.behind = (uint64_t)(b->n_slots - b->max_ahead - 1) * b->max_len,
		.stats.n_blocks = spec->n,
	};
	if (make_arrays(b, err) != I2N_OK || crew_new(b->threads, &b->crew, err) != I2N_OK) {
		give_back(b);
		return I2N_FATAL;
	}
	*ret = &b->src;
	return I2N_OK;
}
