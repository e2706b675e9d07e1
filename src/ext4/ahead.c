#include "img2nfs/source.h"

#include "ahead.h"

void ahead_flush(struct ahead *a)
{
	if (a->end > a->start)
		i2n_source_willneed(a->src, a->start, a->end - a->start);
	a->start = a->end = 0;
}

void ahead_tell(struct ahead *a, uint64_t off, uint64_t len)
{
	bool joins = a->end > a->start && off >= a->start && off <= a->end + AHEAD_GAP;

	if (!joins) {
		ahead_flush(a);
		a->start = a->end = off;
	}
	if (off + len > a->end)
		a->end = off + len;
	if (a->end - a->start >= AHEAD_PIECE)
		ahead_flush(a);
}

void ahead_touch(struct ahead *a, uint64_t off)
{
	if (off >= a->start && off < a->end)
		ahead_flush(a);
}
