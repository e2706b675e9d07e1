/* mtree.h - objects of a tree as lines of an mtree(5) specification, as bsdtar(1) and mtree(8) read
 * it.
 *
 *	#mtree
 *	./etc/passwd type=file mode=0644 uid=0 gid=0 nlink=1 size=1234 time=1700000000.123456789
 *
 * One line per object with its full path; bytes outside printable ASCII and those with a meaning to
 * mtree are written as \ooo. With a digest the line ends in `xxh3-128=` and 32 hex digits, a
 * keyword of our own that readers skip.
 *
 * Ownership: nothing is kept.
 * Source:    mtree(5) of FreeBSD and libarchive. */
#ifndef IMG2NFS_MTREE_H
#define IMG2NFS_MTREE_H

#include "img2nfs/node.h"

#include <stdio.h>

void i2n_mtree_head(FILE *f);

/* path: without leading slash, "." for the root. target: in->size bytes of a symlink, else NULL.
 * digest: hex or NULL. A failed write is found by the caller with ferror(). */
void i2n_mtree_line(FILE *f, const char *path, size_t path_len, const struct i2n_inode *in,
		    const void *target,
		    const char *digest);

#endif
