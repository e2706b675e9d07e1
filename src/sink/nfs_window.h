/* nfs_window.h - how much may be in flight: requests, and bytes of file data.
 *
 * What a network holds is the rate times its round-trip time. Four times that is asked for, so that
 * the server has something to do even when somebody on the way was late; more would only wait in
 * queues, spend memory and push data out of the processor's caches. The round-trip time is the
 * shortest time a reply took, for bytes that of a request with much data, which takes longer; the
 * rate is counted over epochs. An epoch in which the limit was never met says nothing and changes
 * nothing. Until the first is over, a middling server is assumed at the end of the round trip that
 * was seen.
 *
 * Below a floor the limits do not fall, because servers gather what comes at a time into one flush
 * of their disks; it sinks by halves while replies take longer than a second or the server answers
 * NFS3ERR_JUKEBOX, and comes back slowly when they do not.
 *
 * Unit:      microseconds of a monotonic clock, bytes.
 * Source:    measured, see tests/bench/RESULTS.md. */
#ifndef NFS_WINDOW_H
#define NFS_WINDOW_H

#include <stdbool.h>
#include <stdint.h>

struct nfs_limit {
	uint64_t now, floor, base, max;		/* base: what the floor comes back to */
	int64_t rtt_us;				/* INT64_MAX: no reply yet */
	uint64_t seen;				/* answered in this epoch */
	bool met;				/* in this epoch */
};

struct nfs_window {
	struct nfs_limit calls, bytes;
	bool measured;				/* an epoch is over */
	int64_t begin_us;			/* of the epoch */
	int64_t waited_us;			/* sum over the replies of the epoch */
	bool pushed_back;			/* the server asked for patience in this epoch */
};

void nfs_window_init(struct nfs_window *w, uint64_t calls_max, uint64_t bytes_max);

/* File data was taken by the server or came from it, waited_us after it was asked for. */
void nfs_window_data(struct nfs_window *w, uint64_t bytes, int64_t waited_us);
/* A reply came. true: the epoch is over, the limits may have changed. */
bool nfs_window_reply(struct nfs_window *w, int64_t now_us, int64_t waited_us);
void nfs_window_push_back(struct nfs_window *w);
/* A new connection, maybe another way through the network. */
void nfs_window_restart(struct nfs_window *w);

#endif
