/* run_lock.h - the lock of one run of extract: who we are, which sinks keep it beating, and its end
 * however the run ends.
 *
 * A zeroed struct run_lock is a run without a lock; all functions do nothing with it. */
#ifndef CLI_RUN_LOCK_H
#define CLI_RUN_LOCK_H

#include "img2nfs/lock.h"

struct run_lock {
	struct i2n_lock *lock;
	char who[256];
	const struct i2n_nfs_url *url;	/* of the directory that it is in */
	struct i2n_nfs_opts nfs;
	const struct i2n_notes *notes;
	struct i2n_sink *home;		/* of the lock */
	struct i2n_sink *at_work;	/* beats when serviced, and is cancelled when the lock is
					 * lost */
	bool ticking;
};

/* name: in the directory url. All must outlive the lock. */
int run_lock_init(struct run_lock *l, const struct i2n_nfs_url *url, const char *name,
		  bool break_it, const struct i2n_nfs_opts *nfs, const struct i2n_notes *notes,
		  struct i2n_err *err);

/* For i2n_nfs_opts.arrived; ctx is a struct run_lock. */
int run_lock_arrived(void *ctx, struct i2n_sink *sink, struct i2n_err *err);

int run_lock_take(struct run_lock *l, struct i2n_sink *sink, struct i2n_err *err);

/* The run now works with this sink; NULL: with none. */
void run_lock_watch(struct run_lock *l, struct i2n_sink *sink);

/* Ask now whether it is still ours. */
int run_lock_confirm(struct run_lock *l, struct i2n_err *err);

/* true: that is why the run has ended; err says so. */
bool run_lock_is_lost(const struct run_lock *l, struct i2n_err *err);

/* Once and for all: over its own sink or, where that is of no use any more, a fresh one.
 * unreachable: do not try. It is told when it stays. */
void run_lock_drop(struct run_lock *l, bool unreachable);

/* After the sinks. */
void run_lock_release(struct run_lock *l);

#endif
