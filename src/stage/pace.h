/* pace.h - how hard the server may be pressed while a stream goes on.
 *
 * A stage has as much time as the stream needs to bring the next one. What is sent faster than that
 * gains nothing, and costs: requests come in bursts, and those take the processor from the
 * decompressor, which is what all wait for, where client and server are few processors. So few ops
 * are under way as long as the stage is ahead of its time, twice as many each time it is found
 * behind, and no limit is set any more when the stream is over. Far from the server the limit grows
 * within some round-trip times.
 *
 * Unit:      milliseconds of a monotonic clock.
 * Source:    measured: Debian in .xz of one block, two processors for all, xz -dc alone 10.0 to
 *            10.7 s: 12.0 to 12.5 s without it, 11.9 s with it. */
#ifndef PACE_H
#define PACE_H

#include <stdint.h>

#define PACE_MIN 2u

struct pace {
	uint64_t came, step;	/* bytes of the stream at the begin; that the stage before had */
	uint64_t cost;		/* of the stage: pace_cost() */
	unsigned limit;
	int64_t next_ms;	/* when to look again */
};

uint64_t pace_cost(uint64_t objects, uint64_t bytes);

/* came: bytes of the stream that had come for the stage before (0: there was none), and for
 * this. */
void pace_begin(struct pace *p, uint64_t came_before, uint64_t came, uint64_t cost);

/* Ops that may be under way, when so much has come and so much of the cost is done. */
unsigned pace_limit(struct pace *p, uint64_t came, uint64_t done, int64_t now_ms);

#endif
