#include "unkept.h"

#include <stdlib.h>

static bool grow(struct unkept *u)
{
	const size_t cap = u->cap ? 2 * u->cap : 64;
	struct unkept_range *list;

	if (u->n < u->cap)
		return true;
	if (cap > UNKEPT_MAX)
		return false;
	list = realloc(u->list, cap * sizeof(*list));
	if (!list)
		return false;
	u->list = list;
	u->cap = cap;
	return true;
}

bool unkept_add(struct unkept *u, uint64_t off, uint64_t len)
{
	if (u->n && u->list[u->n - 1].end == off) {
		u->list[u->n - 1].end += len;
		return true;
	}
	if (!grow(u))
		return false;
	u->list[u->n++] = (struct unkept_range){ off, off + len };
	return true;
}

bool unkept_has(const struct unkept *u, uint64_t off, uint64_t len)
{
	size_t lo = 0, hi = u->n;

	while (lo < hi) {	/* the first that ends behind off */
		size_t mid = lo + (hi - lo) / 2;

		if (u->list[mid].end <= off)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < u->n && u->list[lo].off < off + len;
}

void unkept_release(struct unkept *u)
{
	free(u->list);
	*u = (struct unkept){ 0 };
}
