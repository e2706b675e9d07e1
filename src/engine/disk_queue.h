/* disk_queue.h - files that may start, the one whose content lies first on the medium first.
 *
 * Files whose directory was not there at their turn come back directory by directory; through this
 * queue they are read in disk order all the same. A binary heap with room for a fixed number. */
#ifndef DISK_QUEUE_H
#define DISK_QUEUE_H

#include <stdbool.h>
#include <stdint.h>

struct disk_entry {
	uint64_t where;		/* equal ones: by dirent */
	uint32_t dirent;
};

struct disk_queue {
	struct disk_entry *entries;
	uint32_t n;
};

bool disk_queue_init(struct disk_queue *q, uint32_t room);	/* false: out of memory */
void disk_queue_release(struct disk_queue *q);
void disk_queue_put(struct disk_queue *q, uint64_t where, uint32_t dirent);	/* there is room */
uint32_t disk_queue_get(struct disk_queue *q);	/* a dirent; the queue is not empty */

#endif
