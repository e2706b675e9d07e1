/* What waits comes in the order of the medium, upwards from where was read last and then from its
 * beginning, what lies a little behind at once, and nothing too far beyond what is still to come or
 * awaited; also when some leave in between, as a search through all of it finds. */
#include "sink/nfs_sweep.h"
#include "t.h"

#include <stdbool.h>
#include <stddef.h>

#define N 300u
#define BEHIND 20000
#define MOST 1000

struct waiting {
	enum state { AWAY, COMING, READY } state;
	uint64_t at;	/* on an endless medium, which is this one again and again */
	struct nfs_sweep_entry entry;
};

#define LAP (UINT64_C(1) << 40)

static struct waiting all[N];
static uint64_t now = LAP, seed = 1;

static uint64_t any(uint64_t below)
{
	seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407u;
	return (seed >> 33) % below;
}

static struct waiting *nearest(enum state state)
{
	struct waiting *best = NULL;

	for (size_t i = 0; i < N; i++)
		if (all[i].state == state && (!best || all[i].at < best->at))
			best = &all[i];
	return best;
}

static uint64_t place(uint64_t at)
{
	const uint64_t here = now / LAP * LAP + at;

	return !at ? now : here + BEHIND < now ? here + LAP : here;
}

static bool is_too_far(uint64_t r, uint64_t at)
{
	return r > at && r > at + BEHIND - MOST;
}

/* By the definition. */
static const struct waiting *expected(uint64_t awaited)
{
	const struct waiting *r = nearest(READY), *c = nearest(COMING);

	if (!r || (c && is_too_far(r->at, c->at)) || (awaited && is_too_far(r->at, place(awaited))))
		return NULL;
	return r;
}

static void put(struct nfs_sweep *s, struct waiting *w, uint64_t at)
{
	w->state = READY;
	w->at = place(at);
	nfs_sweep_put(s, &w->entry, at);
}

static void expect(struct nfs_sweep *s, struct waiting *w, uint64_t at)
{
	nfs_sweep_expect(s, &w->entry, at);
	if (w->state != AWAY)
		return;
	w->state = COMING;
	w->at = place(at);
}

static void leave(struct nfs_sweep *s, struct waiting *w)
{
	nfs_sweep_remove(s, &w->entry);
	w->state = AWAY;
}

static struct waiting *of(struct nfs_sweep_entry *e)
{
	return e ? (struct waiting *)(void *)((char *)e - offsetof(struct waiting, entry)) : NULL;
}

/* What is nowhere on the medium is next, and leaves the place as it is. */
static void test_nowhere(struct nfs_sweep *s)
{
	for (unsigned i = 0; i < N; i++)
		leave(s, &all[i]);
	T_OK(!s->ready && !s->coming);
	s->at = 500000;
	put(s, &all[0], 400000);
	put(s, &all[1], 600000);
	put(s, &all[2], 0);
	T_OK(of(nfs_sweep_next(s, 0)) == &all[2]);
	nfs_sweep_go(s, &all[2].entry);
	nfs_sweep_remove(s, &all[2].entry);
	T_OK(s->at == 500000);
	T_OK(of(nfs_sweep_next(s, 0)) == &all[1]);
	/* what is nowhere on the medium keeps nothing waiting */
	nfs_sweep_expect(s, &all[2].entry, 0);
	T_OK(of(nfs_sweep_next(s, 0)) == &all[1]);
}

int main(void)
{
	struct nfs_sweep s = { .behind = BEHIND, .most = MOST };
	unsigned laps = 0, waits = 0, back = 0;
	uint64_t awaited;

	for (unsigned step = 0; step < 200000; step++) {
		struct waiting *w = any(8) ? NULL : nearest(COMING);
		const struct waiting *first;

		if (!w)
			w = &all[any(N)];
		if (any(3) && !any(6))
			expect(&s, w, 1 + any(1000000));
		else if (w->state != READY && any(3))
			put(&s, w, w->state == COMING ? w->at % LAP : 1 + any(1000000));
		else if (!any(8))
			leave(&s, w);
		awaited = any(4) ? 0 : 1 + any(1000000);
		first = expected(awaited);
		w = of(nfs_sweep_next(&s, awaited));
		if (!first != !w)
			T_OK(!first == !w);
		waits += !first && nearest(READY);
		if (!first || !w || any(2))
			continue;
		if (w->at != first->at)
			T_EQ(w->at, first->at);
		laps += w->at / LAP > now / LAP;
		back += w->at < now;
		nfs_sweep_go(&s, &w->entry);
		now = w->at > now ? w->at : now;
		leave(&s, w);
		if (any(2))	/* it goes on where it ended, or elsewhere */
			put(&s, w, any(4) ? now % LAP + 1 + any(50) : 1 + any(1000000));
	}
	T_OK(laps > 100);
	T_OK(waits > 1000);
	T_OK(back > 1000);
	test_nowhere(&s);
	return t_end();
}
