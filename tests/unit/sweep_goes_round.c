/* What waits comes in the order of the medium, upwards from where was read last and then from its
 * beginning, also when some leave in between, as a search through all of it finds. */
#include "sink/nfs_sweep.h"
#include "t.h"

#include <stdbool.h>
#include <stddef.h>

#define N 300u

struct waiting {
	bool waits;
	uint64_t at;
	struct nfs_sweep_entry entry;
};

static struct waiting all[N];
static uint64_t now, seed = 1;

static uint64_t any(uint64_t below)
{
	seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407u;
	return (seed >> 33) % below;
}

/* By the definition, with the whole medium between what lies ahead and what lies behind. */
static uint64_t way_to(const struct waiting *w)
{
	uint64_t at = w->at ? w->at : now;

	return at >= now ? at - now : at + (UINT64_C(1) << 40);
}

static struct waiting *nearest(void)
{
	struct waiting *best = NULL;

	for (size_t i = 0; i < N; i++)
		if (all[i].waits && (!best || way_to(&all[i]) < way_to(best)))
			best = &all[i];
	return best;
}

static void put(struct nfs_sweep *s, struct waiting *w, uint64_t at)
{
	w->waits = true;
	w->at = at;
	nfs_sweep_put(s, &w->entry, at);
}

int main(void)
{
	struct nfs_sweep s = { 0 };
	unsigned laps = 0;

	for (unsigned step = 0; step < 200000; step++) {
		struct waiting *w = &all[any(N)], *first;

		if (!w->waits && any(3)) {
			put(&s, w, 1 + any(1000000));
		} else if (w->waits && !any(8)) {
			nfs_sweep_remove(&s, &w->entry);
			w->waits = false;
		}
		first = nearest();
		if (!first != !s.first)
			T_OK(!first == !s.first);
		if (!first || !s.first || any(2))
			continue;
		w = (struct waiting *)(void *)((char *)s.first - offsetof(struct waiting, entry));
		if (way_to(w) != way_to(first))
			T_EQ(w->at, first->at);
		laps += w->at < now;
		nfs_sweep_go(&s, &w->entry);
		now = w->at;
		nfs_sweep_remove(&s, &w->entry);
		w->waits = false;
		if (any(2))	/* it goes on where it ended, or elsewhere */
			put(&s, w, any(4) ? now + 1 + any(50) : 1 + any(1000000));
	}
	T_OK(laps > 100);
	/* what is nowhere is next, and leaves the place as it is */
	while (s.first)
		nfs_sweep_remove(&s, s.first);
	s.at = 500;
	put(&s, &all[0], 400);
	put(&s, &all[1], 600);
	put(&s, &all[2], 0);
	T_OK(s.first == &all[2].entry);
	nfs_sweep_go(&s, s.first);
	nfs_sweep_remove(&s, s.first);
	T_OK(s.at == 500);
	T_OK(s.first == &all[1].entry);
	return t_end();
}
