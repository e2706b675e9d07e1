/* share.h - one reader for several runs at a time, each in a thread of its own: file data is read
 * from the image once, when the first of them wants it, and kept until the last has had it.
 *
 * What is kept has a bound. Who would go beyond it waits for the others, so runs that read the same
 * files in about the same order go at the pace of the slowest. A run that reads nothing for a while
 * (its server does not answer) is no longer waited for and reads for itself what it missed; nor can
 * runs wait for each other in a circle. So the bound on the memory always holds, and reading once
 * is what happens as long as all are well.
 *
 *	i2n_share_new(reader, n, stop, &share, &err);
 *	thread i: uses i2n_share_reader(share, i), then i2n_share_leave(share, i)
 *	i2n_share_free(share);
 *
 * Thread:    each of the n readers for one thread; the one below is called with a lock held.
 * Ownership: the reader below stays the caller's and must outlive the share. free accepts NULL.
 * Memory:    I2N_SHARE_MAX, one request of each run beyond it, 64 bytes and 8 per run for each file
 *            that somebody has begun and not all have ended, a bit per inode number. */
#ifndef IMG2NFS_SHARE_H
#define IMG2NFS_SHARE_H

#include "img2nfs/reader.h"

#define I2N_SHARE_MAX ((size_t)64 << 20)	/* bytes of file data kept */
#define I2N_SHARE_RUNS 64u			/* at most */

struct i2n_share;

/* stop (may be NULL): set to end all waiting. */
int i2n_share_new(struct i2n_reader *reader, unsigned n, const volatile int *stop,
		  struct i2n_share **ret, struct i2n_err *err);
struct i2n_reader *i2n_share_reader(struct i2n_share *s, unsigned i);
/* Forget what was read so far, before the runs begin in earnest. */
void i2n_share_begin(struct i2n_share *s);
/* Run i reads no more in step with the others; its reader still works. */
void i2n_share_leave(struct i2n_share *s, unsigned i);
void i2n_share_free(struct i2n_share *s);

struct i2n_share_stats {
	uint64_t bytes_read;	/* file data read from below */
	uint64_t bytes_given;	/* to all runs */
	uint64_t max_kept;	/* bytes */
};
struct i2n_share_stats i2n_share_stats(struct i2n_share *s);

#endif
