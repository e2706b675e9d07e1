#include "nfs_window.h"

#define EPOCH_US 20000		/* at least, and a round trip */
#define EPOCH_REPLIES 8
#define LONG_US 1000000		/* replies later than this: too much is waiting at the server */
#define SHORT_US 250000
#define PIPES 4			/* so much of what the network holds */
/* From here on half of them: as fast at 5 and 20 ms, and so much still fits into caches. */
#define ENOUGH (UINT64_C(16) << 20)
#define CALLS_BASE 128
#define CALLS_LEAST 8
/* Four of the largest WRITEs: the server stores some while others are on their way. Measured: 2 MiB
 * is slower at a millisecond, 8 MiB is slower without any because it does not fit into caches. */
#define BYTES_BASE (UINT64_C(4) << 20)
#define MUCH (UINT64_C(256) << 10)
/* What a server is taken for before it has shown what it can: in a millisecond */
#define GUESS_CALLS 10
#define GUESS_BYTES 200000
#define BYTES_LEAST (UINT64_C(256) << 10)

static uint64_t least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static uint64_t most(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

static void next_epoch(struct nfs_window *w, int64_t now_us)
{
	w->calls.seen = w->bytes.seen = 0;
	w->calls.met = w->bytes.met = false;
	w->begin_us = now_us;
	w->waited_us = 0;
	w->pushed_back = false;
}

static struct nfs_limit limit(uint64_t base, uint64_t max)
{
	base = least(base, max);
	return (struct nfs_limit){ .now = base, .floor = base, .base = base, .max = max };
}

void nfs_window_init(struct nfs_window *w, uint64_t calls_max, uint64_t bytes_max)
{
	w->calls = limit(CALLS_BASE, calls_max);
	w->bytes = limit(BYTES_BASE, bytes_max);
	nfs_window_restart(w);
}

void nfs_window_restart(struct nfs_window *w)
{
	w->calls.rtt_us = w->bytes.rtt_us = INT64_MAX;
	next_epoch(w, 0);
}

/* Up to twice at a time, down by an eighth. */
static void adapt(struct nfs_limit *l, int64_t least_us, int64_t length_us)
{
	int64_t rtt_us = l->rtt_us < INT64_MAX ? l->rtt_us : least_us;
	/* a gigabyte a second and a minute of waiting: below 2^62 */
	uint64_t pipe = l->seen * (uint64_t)rtt_us / (uint64_t)length_us;
	uint64_t want = most(least(PIPES * pipe, most(PIPES / 2 * pipe, ENOUGH)), l->floor);

	if (want > l->now)
		l->now = least(least(want, 2 * l->now), l->max);
	else
		l->now = most(want, l->now - l->now / 8);
}

static void press(struct nfs_limit *l, uint64_t lowest)
{
	lowest = least(lowest, l->base);
	l->floor = most(l->floor / 2, lowest);
	l->now = most(l->now / 2, lowest);
}

static void relax(struct nfs_limit *l)
{
	l->floor = least(l->floor + l->floor / 8 + 1, l->base);
	l->now = most(l->now, l->floor);
}

static void guess(struct nfs_limit *l, uint64_t per_ms, int64_t rtt_us)
{
	l->now = most(l->floor, least(PIPES * per_ms * (uint64_t)rtt_us / 1000, l->max));
}

static void end_epoch(struct nfs_window *w, int64_t length_us)
{
	int64_t mean_us = w->waited_us / (int64_t)w->calls.seen;

	if (w->pushed_back || mean_us > LONG_US) {
		press(&w->calls, CALLS_LEAST);
		press(&w->bytes, BYTES_LEAST);
		return;
	}
	if (mean_us < SHORT_US) {
		relax(&w->calls);
		relax(&w->bytes);
	}
	if (w->calls.met)
		adapt(&w->calls, w->calls.rtt_us, length_us);
	if (w->bytes.met)
		adapt(&w->bytes, w->calls.rtt_us, length_us);
}

bool nfs_window_reply(struct nfs_window *w, int64_t now_us, int64_t waited_us)
{
	int64_t length_us;

	if (waited_us < 1)
		waited_us = 1;
	if (waited_us < w->calls.rtt_us)
		w->calls.rtt_us = waited_us;
	if (!w->begin_us)
		w->begin_us = now_us;
	if (!w->measured) {
		guess(&w->calls, GUESS_CALLS, w->calls.rtt_us);
		guess(&w->bytes, GUESS_BYTES, w->calls.rtt_us);
	}
	w->calls.seen++;
	w->waited_us += waited_us;
	length_us = now_us - w->begin_us;
	if (length_us < EPOCH_US || length_us < w->calls.rtt_us ||
	    w->calls.seen < EPOCH_REPLIES)
		return false;
	w->measured = true;
	end_epoch(w, length_us);
	next_epoch(w, now_us);
	return true;
}

void nfs_window_data(struct nfs_window *w, uint64_t bytes, int64_t waited_us)
{
	w->bytes.seen += bytes;
	if (bytes >= MUCH && waited_us > 0 && waited_us < w->bytes.rtt_us)
		w->bytes.rtt_us = waited_us;
}

void nfs_window_push_back(struct nfs_window *w)
{
	w->pushed_back = true;
}
