/* extract_atomic.h - `extract --atomic`: the tree is built in NAME.new and takes the place of NAME
 * when it is complete.
 *
 * A zeroed struct atomic is a run without it. The lock is beside NAME, as .img2nfs-lock.NAME. */
#ifndef CLI_EXTRACT_ATOMIC_H
#define CLI_EXTRACT_ATOMIC_H

#include "img2nfs/check.h"
#include "img2nfs/swap.h"

#include "run_lock.h"

struct atomic {
	struct i2n_nfs_url above, beside;	/* of the directory that NAME is in; of NAME.new */
	char name[I2N_SWAP_NAME_MAX + 1];
	char lock_name[I2N_NAME_MAX + 1];
	struct i2n_check check;
	struct i2n_sink *sink;			/* its root is `above` */
	struct i2n_swap swap;
};

/* Take the URL of NAME apart. url must outlive it. */
int atomic_init(struct atomic *a, const struct i2n_nfs_url *url, struct i2n_err *err);

/* Connect, refuse what cannot be swapped, take the lock. nfs: with `check`, if the export is to be
 * tried out. */
int atomic_open(struct atomic *a, const struct i2n_nfs_opts *nfs, bool break_lock,
		const struct i2n_notes *notes, struct run_lock *lock, struct i2n_err *err);

/* NAME.new, of which built is the root, becomes NAME. */
int atomic_swap(struct atomic *a, bool remove_old, struct i2n_sink *built, struct run_lock *lock,
		struct i2n_err *err);

void atomic_release(struct atomic *a);

#endif
