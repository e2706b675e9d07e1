/* kept.h - pages of a source that have been read before, kept as long as it lives.
 *
 * Inode tables and directories are read once in the order of the disk and later again here and
 * there, when the blocks they were decoded from have long made room. The first KEPT_MAX bytes that
 * are read in small pieces are those, and what i2n_source_keep() asks for; nothing is ever thrown
 * out.
 *
 * Unit: pages of KEPT_PAGE bytes, aligned in the source. */
#ifndef PACKED_KEPT_H
#define PACKED_KEPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KEPT_PAGE 4096u
#define KEPT_MAX (32u << 20)

struct kept {
	unsigned char **pages;		/* hash table; NULL until the first page */
	uint64_t *page_no;
	uint32_t n;
};

void kept_release(struct kept *k);

/* True: all of it was here. */
bool kept_get(const struct kept *k, void *buf, size_t len, uint64_t off);

/* Of a read of [off, off + len): keep the pages that lie completely in bytes [at, at + n), which
 * are in data. Without memory, or when it is full, nothing is kept; a quarter is for what is
 * wanted. */
void kept_put(struct kept *k, uint64_t off, size_t len, const unsigned char *data, uint64_t at,
	      uint64_t n, bool is_wanted);

#endif
