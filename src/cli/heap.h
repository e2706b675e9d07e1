/* heap.h - how memory that was freed is kept.
 *
 * libnfs allocates every request together with its data, up to a MiB and more, and frees it when
 * the reply is there. By default glibc gives such memory back to the system each time and has it
 * filled with zeros page by page at the next request: half of the processor time of an extraction
 * of large files. */
#ifndef CLI_HEAP_H
#define CLI_HEAP_H

/* Once, before anything is allocated. */
void heap_keep_freed(void);

#endif
