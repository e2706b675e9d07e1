#include "ext4.h"

#include <stdlib.h>
#include <string.h>

struct sorting {
	unsigned char *base, *spare;
	size_t size;
	int (*cmp)(const void *ctx, const void *a, const void *b);
	const void *ctx;
};

static unsigned char *at(const struct sorting *s, size_t i)
{
	return s->base + i * s->size;
}

static bool is_ordered(const struct sorting *s, const void *a, const void *b)
{
	return s->cmp(s->ctx, a, b) <= 0;
}

/* [lo, mid) and [mid, hi) are sorted; the first is the shorter one and moves out of the way. */
static void merge_up(const struct sorting *s, size_t lo, size_t mid, size_t hi)
{
	const unsigned char *left = s->spare, *end = left + (mid - lo) * s->size;
	const unsigned char *right = at(s, mid), *right_end = at(s, hi);
	unsigned char *to = at(s, lo);

	memcpy(s->spare, to, (mid - lo) * s->size);
	for (; left < end; to += s->size) {
		const unsigned char **from =
			right == right_end || is_ordered(s, left, right) ? &left : &right;

		memcpy(to, *from, s->size);
		*from += s->size;
	}
}

/* The same from the end, when the second is the shorter one. */
static void merge_down(const struct sorting *s, size_t lo, size_t mid, size_t hi)
{
	size_t left = mid, right = hi - mid, to = hi;

	memcpy(s->spare, at(s, mid), right * s->size);
	while (right) {
		const unsigned char *last = s->spare + (right - 1) * s->size;
		bool keep = left == lo || is_ordered(s, at(s, left - 1), last);

		memcpy(at(s, --to), keep ? last : at(s, left - 1), s->size);
		if (keep)
			right--;
		else
			left--;
	}
}

static void merge(const struct sorting *s, size_t lo, size_t mid, size_t hi)
{
	if (is_ordered(s, at(s, mid - 1), at(s, mid)))
		return;
	if (mid - lo <= hi - mid)
		merge_up(s, lo, mid, hi);
	else
		merge_down(s, lo, mid, hi);
}

bool ext4_sort(void *base, size_t n, size_t size,
	       int (*cmp)(const void *ctx, const void *a, const void *b),
	       const void *ctx)
{
	struct sorting s = { .base = base, .size = size, .cmp = cmp, .ctx = ctx };
	size_t run, lo, i;

	for (i = 1; i < n && is_ordered(&s, at(&s, i - 1), at(&s, i)); i++)
		;
	if (i >= n)
		return true;
	s.spare = malloc(n / 2 * size);
	if (!s.spare)
		return false;
	for (run = 1; run < n; run *= 2)
		for (lo = 0; run < n - lo; lo += 2 * run) {
			merge(&s, lo, lo + run, run < n - lo - run ? lo + 2 * run : n);
			if (n - lo <= 2 * run)
				break;
		}
	free(s.spare);
	return true;
}
