#include "heap.h"

#include <stdlib.h>

#ifdef __GLIBC__
#include <malloc.h>

#define LARGEST (4 << 20)	/* more than libnfs takes for a WRITE of 1 MiB; what is larger, the
				 * tables of a tree, goes back to the system when it is freed */
#define KEEP (64 << 20)		/* more than can be in flight */

void heap_keep_freed(void)
{
	/* who has tuned glibc knows better, and so do measurements of what is in use */
	if (getenv("MALLOC_MMAP_THRESHOLD_"))
		return;
	/* a libc that refuses is slower, and nothing else */
	(void)mallopt(M_MMAP_THRESHOLD, LARGEST);
	(void)mallopt(M_TRIM_THRESHOLD, KEEP);
}
#else
void heap_keep_freed(void)
{
}
#endif
