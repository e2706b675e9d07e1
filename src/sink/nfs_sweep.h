/* nfs_sweep.h - what is to be read of the medium: the nearest first, and nothing too soon.
 *
 * As a lift goes: upwards from where was read last, and then from the beginning. What lies a little
 * behind is still at hand and does not have to wait for that. What cannot be read yet is known as
 * well: nothing is read so far beyond it that it would no longer be at hand when its time comes.
 * Pairing heaps whose entries lie in what waits, so that nothing here can fail; put and remove take
 * a few steps, however many wait.
 *
 * Unit:      bytes.
 * Ownership: entries are the caller's and stay where they are until they are removed. */
#ifndef NFS_SWEEP_H
#define NFS_SWEEP_H

#include <stdbool.h>
#include <stdint.h>

struct nfs_sweep_entry {
	uint64_t lap, at;
	struct nfs_sweep_entry *below, *next, **link;	/* link: what points to it; NULL: not in a
							 * sweep */
	bool ready;
};

/* Zeroed: at the beginning of the medium, and nothing waits. */
struct nfs_sweep {
	struct nfs_sweep_entry *ready, *coming;	/* the nearest of each kind */
	uint64_t lap, at;
	uint64_t behind;	/* as in source.h; the caller's, as is */
	uint64_t most;		/* how much is read at a time */
};

/* at 0: nowhere on the medium, which is as near as can be. Of equal ones the first counts. An entry
 * that is coming is replaced. */
void nfs_sweep_put(struct nfs_sweep *s, struct nfs_sweep_entry *e, uint64_t at);

/* This will be put, but not yet. Does nothing if it is in the sweep already. */
void nfs_sweep_expect(struct nfs_sweep *s, struct nfs_sweep_entry *e, uint64_t at);

/* Does nothing if it is not in the sweep, and all of it zero. */
void nfs_sweep_remove(struct nfs_sweep *s, struct nfs_sweep_entry *e);

/* The one to be read next. NULL: none, or it is better to wait for what is coming, or will be put
 * at `awaited` or behind it (0: nothing will). */
struct nfs_sweep_entry *nfs_sweep_next(const struct nfs_sweep *s, uint64_t awaited);

/* This one, which was put, is being read. */
void nfs_sweep_go(struct nfs_sweep *s, const struct nfs_sweep_entry *e);

#endif
