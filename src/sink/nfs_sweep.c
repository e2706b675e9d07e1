#include "nfs_sweep.h"

#include <stdbool.h>
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

static void set_first(struct nfs_sweep *s, struct nfs_sweep_entry *e)
{
	s->first = e;
	if (!e)
		return;
	e->next = NULL;
	e->link = &s->first;
}

void nfs_sweep_put(struct nfs_sweep *s, struct nfs_sweep_entry *e, uint64_t at)
{
	if (!at)
		at = s->at;
	*e = (struct nfs_sweep_entry){ .lap = s->lap + (at < s->at), .at = at };
	set_first(s, join(s->first, e));
}

void nfs_sweep_remove(struct nfs_sweep *s, struct nfs_sweep_entry *e)
{
	*e->link = e->next;
	if (e->next)
		e->next->link = e->link;
	set_first(s, join(s->first, join_all(e->below)));
}

void nfs_sweep_go(struct nfs_sweep *s, const struct nfs_sweep_entry *e)
{
	s->lap = e->lap;
	s->at = e->at;
}
