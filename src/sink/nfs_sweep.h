/* nfs_sweep.h - what waits to be read, the nearest ahead on the medium first.
 *
 * As a lift goes: upwards from where was read last, and then from the beginning. A pairing heap
 * whose entries lie in what waits, so that nothing here can fail; put and remove take a few steps,
 * however many wait.
 *
 * Ownership: entries are the caller's and stay where they are while they wait. */
#ifndef NFS_SWEEP_H
#define NFS_SWEEP_H

#include <stdint.h>

struct nfs_sweep_entry {
	uint64_t lap, at;
	struct nfs_sweep_entry *below, *next, **link;	/* link: what points to it */
};

/* Zeroed: at the beginning of the medium, and nothing waits. */
struct nfs_sweep {
	struct nfs_sweep_entry *first;	/* NULL: nothing waits */
	uint64_t lap, at;
};

/* at 0: nowhere on the medium, which is as near as can be. Of equal ones the first counts. */
void nfs_sweep_put(struct nfs_sweep *s, struct nfs_sweep_entry *e, uint64_t at);
void nfs_sweep_remove(struct nfs_sweep *s, struct nfs_sweep_entry *e);

/* This one, which waits, is being read. */
void nfs_sweep_go(struct nfs_sweep *s, const struct nfs_sweep_entry *e);

#endif
