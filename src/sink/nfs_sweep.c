#include "nfs_sweep.h"

#include <stddef.h>

static bool is_before(const struct nfs_sweep_entry *a, const struct nfs_sweep_entry *b)
{
	return a->lap != b->lap ? a->lap < b->lap : a->at < b->at;
}

/* Two heaps, or NULL, become one. */
static struct nfs_sweep_entry *join(struct nfs_sweep_entry *a, struct nfs_sweep_entry *b)
{
	if (!a || !b)
		return a ? a : b;
	if (is_before(b, a)) {
		struct nfs_sweep_entry *t = a;

		a = b;
		b = t;
	}
	b->next = a->below;
	if (b->next)
		b->next->link = &b->next;
	b->link = &a->below;
	a->below = b;
	return a;
}

/* Those that were below a removed one: in pairs, and then all, which keeps the heap shallow. */
static struct nfs_sweep_entry *join_all(struct nfs_sweep_entry *list)
{
	struct nfs_sweep_entry *pairs = NULL, *all = NULL, *e;

	while ((e = list)) {
		struct nfs_sweep_entry *other = e->next;

		list = other ? other->next : NULL;
		e = join(e, other);
		e->next = pairs;
		pairs = e;
	}
	while ((e = pairs)) {
		pairs = e->next;
		all = join(all, e);
	}
	return all;
}

static struct nfs_sweep_entry **heap_of(struct nfs_sweep *s, const struct nfs_sweep_entry *e)
{
	return e->ready ? &s->ready : &s->coming;
}

static void set_first(struct nfs_sweep_entry **heap, struct nfs_sweep_entry *e)
{
	*heap = e;
	if (!e)
		return;
	e->next = NULL;
	e->link = heap;
}

static uint64_t lap_of(const struct nfs_sweep *s, uint64_t at)
{
	return s->lap + (at < s->at && s->at - at > s->behind);
}

static void add(struct nfs_sweep *s, struct nfs_sweep_entry *e, uint64_t at, bool ready)
{
	struct nfs_sweep_entry **heap;

	*e = (struct nfs_sweep_entry){ .lap = lap_of(s, at), .at = at, .ready = ready };
	heap = heap_of(s, e);
	set_first(heap, join(*heap, e));
}

void nfs_sweep_put(struct nfs_sweep *s, struct nfs_sweep_entry *e, uint64_t at)
{
	nfs_sweep_remove(s, e);
	add(s, e, at ? at : s->at, true);
}

void nfs_sweep_expect(struct nfs_sweep *s, struct nfs_sweep_entry *e, uint64_t at)
{
	if (!e->link && at)
		add(s, e, at, false);
}

void nfs_sweep_remove(struct nfs_sweep *s, struct nfs_sweep_entry *e)
{
	struct nfs_sweep_entry **heap = heap_of(s, e);

	if (!e->link)
		return;
	*e->link = e->next;
	if (e->next)
		e->next->link = e->link;
	e->link = NULL;
	set_first(heap, join(*heap, join_all(e->below)));
}

/* Would what lies there be out of reach once this one is read? */
static bool is_too_far(const struct nfs_sweep *s, const struct nfs_sweep_entry *e, uint64_t lap,
		       uint64_t at)
{
	if (e->lap != lap)
		return e->lap > lap;
	return e->at > at && e->at - at + s->most > s->behind;
}

struct nfs_sweep_entry *nfs_sweep_next(const struct nfs_sweep *s, uint64_t awaited)
{
	struct nfs_sweep_entry *r = s->ready, *c = s->coming;

	if (r && c && is_too_far(s, r, c->lap, c->at))
		return NULL;
	if (r && awaited && is_too_far(s, r, lap_of(s, awaited), awaited))
		return NULL;
	return r;
}

void nfs_sweep_go(struct nfs_sweep *s, const struct nfs_sweep_entry *e)
{
	if (e->lap == s->lap && e->at < s->at)
		return;		/* from what is at hand */
	s->lap = e->lap;
	s->at = e->at;
}
