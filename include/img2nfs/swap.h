/* swap.h - put a tree that was built beside a directory into its place.
 *
 *	i2n_swap_check(&swap, &err)	before anything is built: may it be done?
 *	...				build `name`.new
 *	i2n_swap_run(&swap, fileid, &err)
 *
 * NFSv3 can rename over an empty directory, but cannot exchange two. So, unless nothing or nothing
 * but an empty directory is at `name`, it is moved to `name`.old first, and for one round trip
 * there is nothing at `name`. A `name`.old of an earlier swap is out of the way before that, as
 * `name`.older, and is removed when the new tree is in place. Whatever request is the last one
 * before a run is killed, the next swap finds from the four names what is left to be done; none of
 * them is ever removed while nothing is at `name`.
 *
 * Thread:    one.
 * Ownership: all pointers are the caller's.
 * Trust:     the server may say anything; names from it are only quoted and sent back. */
#ifndef IMG2NFS_SWAP_H
#define IMG2NFS_SWAP_H

#include "img2nfs/update.h"

#define I2N_SWAP_NAME_MAX 240u	/* bytes of `name`: the others are longer */

struct i2n_swap {
	struct i2n_sink *sink;		/* its root is the directory in which `name` is */
	const char *name;
	bool remove_old;		/* `name`.old, too */
	const struct i2n_notes *notes;
	const volatile int *stop;	/* heeded before the first and after the last renaming */
	bool swapped;			/* out */
	bool has_old;			/* out: there is a `name`.old now */
	uint64_t removed;		/* out: objects of older trees */
};

int i2n_swap_check(struct i2n_swap *swap, struct i2n_err *err);

/* fileid: of the directory that was built, as a check. I2N_FATAL: swapped says how far it came; err
 * says where the trees are. */
int i2n_swap_run(struct i2n_swap *swap, uint64_t fileid, struct i2n_err *err);

#endif
