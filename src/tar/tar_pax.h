/* tar_pax.h - the headers of a tar in the pax interchange format, as bytes.
 *
 * What a ustar header cannot express goes into an extended header in front of it: times that are
 * not whole seconds, long names, large numbers, attributes. Names are put down as the bytes that
 * they are, whatever the locale. Nothing of the machine, the time or the process is in them.
 *
 * Source: POSIX.1-2017, pax, "pax Interchange Format"; GNU tar manual, "Storing Sparse Files",
 *         PAX format 1.0; star(5) and libarchive's tar(5) for SCHILY.*. */
#ifndef TAR_PAX_H
#define TAR_PAX_H

#include "img2nfs/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TAR_BLOCK 512u

/* Bytes that grow. failed: there was no memory for some. */
struct tar_buf {
	unsigned char *bytes;
	size_t len, cap;
	bool failed;
};
void tar_buf_add(struct tar_buf *b, const void *bytes, size_t len);
void tar_buf_release(struct tar_buf *b);

enum tar_type {
	TAR_FILE = '0',
	TAR_LINK = '1',
	TAR_SYMLINK = '2',
	TAR_CHAR = '3',
	TAR_BLOCKDEV = '4',
	TAR_DIR = '5',
	TAR_FIFO = '6',
};

struct tar_head {
	enum tar_type type;
	const char *path, *link;	/* link: target of LINK and SYMLINK, else NULL */
	size_t path_len, link_len;
	unsigned mode;			/* 12 bits */
	uint32_t uid, gid, major, minor;
	uint64_t mtime, atime;		/* packed */
	uint64_t size;			/* of what follows in the archive */
	bool is_sparse;			/* what follows is a map and data, GNU 1.0 */
	uint64_t real_size;		/* then: of the file */
	const struct tar_buf *records;	/* more records, or NULL */
};

/* "27 key=value\n" */
void tar_record(struct tar_buf *b, const char *key, const void *value, size_t len);

/* Append all headers of one member. */
void tar_head_put(struct tar_buf *b, const struct tar_head *h);

/* Zeros up to the next multiple of a block, after len bytes. */
static inline size_t tar_padding(uint64_t len)
{
	return (size_t)(-len % TAR_BLOCK);
}

#endif
