/* digests.h - the digests of all files of a tree, made in one pass in the order of the medium.
 *
 * For content that is compared in the order of a server's directories, while the image is
 * compressed in large blocks and reading here and there means unpacking them again and again.
 *
 * Memory:    17 bytes per inode.
 * Ownership: i2n_digests_release() frees what is in it; it accepts a zeroed struct. */
#ifndef IMG2NFS_DIGESTS_H
#define IMG2NFS_DIGESTS_H

#include "img2nfs/engine.h"
#include "img2nfs/note.h"
#include "img2nfs/reader.h"

struct i2n_digests {
	const struct i2n_tree *tree;
	unsigned char (*bytes)[16];	/* by inode: XXH3-128, canonical form */
	bool *has;
};

struct i2n_digests_opts {
	uint64_t max_size;		/* only of files of at most so many bytes */
	const volatile int *stop;	/* may be NULL */
	/* After each file: how many of them, with how many bytes. May be NULL. */
	void (*progress)(void *ctx, const struct i2n_progress *p);
	void *ctx;
};

/* Of regular files. Of those that are damaged, or that have more than 64 GiB of holes, there is a
 * note instead. */
int i2n_digests_make(const struct i2n_tree *tree, struct i2n_reader *reader,
		     const struct i2n_digests_opts *opts, const struct i2n_notes *notes,
		     struct i2n_digests *ret, struct i2n_err *err);
void i2n_digests_release(struct i2n_digests *d);

#endif
