/* unkept.h - ranges of a stream that held something and were not kept, so that nobody takes the
 * hole in their place for zeros.
 *
 * Thread:    the caller's business. */
#ifndef UNKEPT_H
#define UNKEPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define UNKEPT_MAX ((size_t)1 << 20)	/* ranges: 16 MiB of memory */

struct unkept_range {
	uint64_t off, end;
};

struct unkept {
	struct unkept_range *list;	/* ascending, apart from each other */
	size_t n, cap;
};

/* Behind all others, or touching the last one. false: there is no room to remember it, keep the
 * bytes. */
bool unkept_add(struct unkept *u, uint64_t off, uint64_t len);
/* Any byte of the range. */
bool unkept_has(const struct unkept *u, uint64_t off, uint64_t len);
void unkept_release(struct unkept *u);

#endif
