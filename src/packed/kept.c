#include "kept.h"

#include <stdlib.h>
#include <string.h>

#define SLOTS (2 * KEPT_MAX / KEPT_PAGE)	/* a power of two; never more than half full */

static uint32_t slot_of(const struct kept *k, uint64_t page_no)
{
	uint32_t i = (uint32_t)(page_no * 0x9e3779b97f4a7c15u >> 32) & (SLOTS - 1);

	while (k->pages[i] && k->page_no[i] != page_no)
		i = (i + 1) & (SLOTS - 1);
	return i;
}

void kept_release(struct kept *k)
{
	uint32_t i;

	for (i = 0; k->pages && i < SLOTS; i++)
		free(k->pages[i]);
	free(k->pages);
	free(k->page_no);
	*k = (struct kept){ 0 };
}

static bool has_all(const struct kept *k, uint64_t first, uint64_t last)
{
	for (; first <= last; first++)
		if (!k->pages[slot_of(k, first)])
			return false;
	return true;
}

bool kept_get(const struct kept *k, void *buf, size_t len, uint64_t off)
{
	unsigned char *to = buf;

	if (!k->pages ||
	    !has_all(k, off / KEPT_PAGE, (off + len - 1) / KEPT_PAGE))
		return false;
	while (len) {
		size_t in = off % KEPT_PAGE, n = KEPT_PAGE - in;

		n = n < len ? n : len;
		memcpy(to, k->pages[slot_of(k, off / KEPT_PAGE)] + in, n);
		to += n;
		off += n;
		len -= n;
	}
	return true;
}

static bool make_table(struct kept *k)
{
	if (k->pages)
		return true;
	k->pages = calloc(SLOTS, sizeof(*k->pages));
	k->page_no = calloc(SLOTS, sizeof(*k->page_no));
	if (k->pages && k->page_no)
		return true;
	free(k->pages);
	free(k->page_no);
	*k = (struct kept){ 0 };
	return false;
}

void kept_put(struct kept *k, uint64_t off, size_t len, const unsigned char *data, uint64_t at,
	      uint64_t n, bool is_wanted)
{
	const uint32_t most = is_wanted ? KEPT_MAX / KEPT_PAGE : KEPT_MAX / KEPT_PAGE / 4 * 3;
	uint64_t page, end = off + len < at + n ? off + len : at + n;
	uint32_t i;

	if (!make_table(k))
		return;
	for (page = (off > at ? off : at) / KEPT_PAGE; page * KEPT_PAGE < end; page++) {
		if (page * KEPT_PAGE < at || (page + 1) * KEPT_PAGE > at + n)
			continue;
		i = slot_of(k, page);
		if (k->pages[i] || k->n >= most)
			continue;
		k->pages[i] = malloc(KEPT_PAGE);
		if (!k->pages[i])
			return;
		memcpy(k->pages[i], data + (page * KEPT_PAGE - at), KEPT_PAGE);
		k->page_no[i] = page;
		k->n++;
	}
}
