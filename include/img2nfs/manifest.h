/* manifest.h - a tree with the digests of its files, as lines of an mtree(5) specification.
 *
 *	i2n_manifest_write(f, tree, reader, stop, &notes, &err)
 *	i2n_manifest_read(src, &m, &err), then i2n_verify_run() with the three below
 *
 * Written: `#mtree`, then one line per object (mtree.h), each directory before what is in it,
 * siblings by the bytes of their names; the same image gives the same bytes. Files have
 * `xxh3-128=`; one with more than 64 GiB of holes has none, because at the other end the holes
 * would have to be read to compare it: told as a note.
 *
 * Read: these, and what bsdtar --format=mtree and mtree -c write: /set and /unset, comments,
 * continued lines, full paths and names relative to the directory before, the escapes \ooo, \s, \t,
 * \n, \r, \\ and \#. Of the keywords type (needed), mode (octal), uid, gid, nlink, size, time,
 * link, device=native|linux,MAJOR,MINOR, inode and xxh3-128 count, others are skipped. Directories
 * without a line of their own are taken to be there, with any attributes.
 *
 * Memory: writing 20 bytes per inode and 1 MiB; reading the size of the manifest, at most 1 GiB,
 * and about 300 bytes per line.
 * Trust:     a manifest is as hostile as an image: what makes no sense is refused with its line.
 * Source:    mtree(5) of FreeBSD and libarchive. */
#ifndef IMG2NFS_MANIFEST_H
#define IMG2NFS_MANIFEST_H

#include "img2nfs/note.h"
#include "img2nfs/source.h"
#include "img2nfs/verify.h"

#include <stdio.h>

struct i2n_manifest;

/* A failed write is found by the caller with ferror(). stop may be NULL. */
int i2n_manifest_write(FILE *f, const struct i2n_tree *tree, struct i2n_reader *reader,
		       const volatile int *stop, const struct i2n_notes *notes,
		       struct i2n_err *err);

/* Does it begin as one? Cheap; false also when it cannot be read. */
bool i2n_manifest_probe(struct i2n_source *src);

int i2n_manifest_read(struct i2n_source *src, struct i2n_manifest **ret, struct i2n_err *err);
const struct i2n_tree *i2n_manifest_tree(const struct i2n_manifest *m);
struct i2n_reader *i2n_manifest_reader(struct i2n_manifest *m);	/* has targets, no content */
const struct i2n_expect *i2n_manifest_expect(const struct i2n_manifest *m);
void i2n_manifest_free(struct i2n_manifest *m);

#endif
