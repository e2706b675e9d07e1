#include "disk_queue.h"

#include <stdlib.h>

bool disk_queue_init(struct disk_queue *q, uint32_t room)
{
	q->n = 0;
	q->entries = malloc(room * sizeof(*q->entries));
	return q->entries;
}

void disk_queue_release(struct disk_queue *q)
{
	free(q->entries);
	q->entries = NULL;
}

static bool is_before(const struct disk_entry *a, const struct disk_entry *b)
{
	return a->where != b->where ? a->where < b->where : a->dirent < b->dirent;
}

void disk_queue_put(struct disk_queue *q, uint64_t where, uint32_t dirent)
{
	const struct disk_entry e = { where, dirent };
	uint32_t i = q->n++;

	for (; i && is_before(&e, &q->entries[(i - 1) / 2]); i = (i - 1) / 2)
		q->entries[i] = q->entries[(i - 1) / 2];
	q->entries[i] = e;
}

uint32_t disk_queue_get(struct disk_queue *q)
{
	const uint32_t first = q->entries[0].dirent;
	const struct disk_entry e = q->entries[--q->n];
	uint32_t i = 0, below;

	while ((below = 2 * i + 1) < q->n) {
		if (below + 1 < q->n && is_before(&q->entries[below + 1], &q->entries[below]))
			below++;
		if (!is_before(&q->entries[below], &e))
			break;
		q->entries[i] = q->entries[below];
		i = below;
	}
	q->entries[i] = e;
	return first;
}
