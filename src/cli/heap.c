#include "heap.h"

#include <stdlib.h>

#ifdef __GLIBC__
#include <malloc.h>

#define KEEP (32 << 20)		/* the most that glibc takes for the first of them */

void heap_keep_freed(void)
{
	/* a libc that refuses is slower, and nothing else */
	(void)mallopt(M_MMAP_THRESHOLD, KEEP);
	(void)mallopt(M_TRIM_THRESHOLD, 2 * KEEP);
}
#else
void heap_keep_freed(void)
{
}
#endif
