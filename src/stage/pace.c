#include "pace.h"

#include <stdbool.h>

#define OBJECT_COST ((uint64_t)128 << 10)	/* the server's time for an object, in bytes of
						 * data */
#define LOOK_MS 5
#define LIMIT_MAX (1u << 16)

uint64_t pace_cost(uint64_t objects, uint64_t bytes)
{
	return objects > (UINT64_MAX >> 1) / OBJECT_COST || bytes > UINT64_MAX >> 1
		       ? UINT64_MAX >> 1
		       : objects * OBJECT_COST + bytes;
}

void pace_begin(struct pace *p, uint64_t came_before, uint64_t came, uint64_t cost)
{
	*p = (struct pace){ .came = came, .step = came - came_before, .cost = cost,
			    .limit = PACE_MIN };
}

/* Less of the work is done than of the time has passed. */
static bool is_behind(const struct pace *p, uint64_t came, uint64_t done)
{
	const double time = (double)(came - p->came) / (double)(p->step ? p->step : 1);

	return (double)done < time * (double)p->cost;
}

unsigned pace_limit(struct pace *p, uint64_t came, uint64_t done, int64_t now_ms)
{
	if (now_ms < p->next_ms)
		return p->limit;
	p->next_ms = now_ms + LOOK_MS;
	if (!is_behind(p, came, done))
		p->limit = p->limit / 2 > PACE_MIN ? p->limit / 2 : PACE_MIN;
	else if (p->limit < LIMIT_MAX)
		p->limit *= 2;
	return p->limit;
}
