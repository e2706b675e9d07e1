/* While a stream goes on, the server is pressed no harder than the stream needs: few ops as long as
 * the stage is ahead of its time, ever more when it falls behind, fewer again when it is not. */
#include "stage/pace.h"
#include "t.h"

#define MIB ((uint64_t)1 << 20)

int main(void)
{
	struct pace p;
	int64_t now = 1000;
	unsigned n, i;

	/* 16 MiB came before this stage of 100 objects: as much time has it */
	pace_begin(&p, 16 * MIB, 32 * MIB, pace_cost(100, 4 * MIB));
	T_EQ(pace_limit(&p, 32 * MIB, 0, now), PACE_MIN);

	/* half of the time, all of the work */
	now += 1000;
	T_EQ(pace_limit(&p, 40 * MIB, pace_cost(100, 4 * MIB), now), PACE_MIN);

	/* half of the time, a tenth of the work: it grows, but not at each question */
	for (i = 0, n = 0; i < 20; i++) {
		unsigned was = n;

		now += 1000;
		n = pace_limit(&p, 40 * MIB, pace_cost(10, 0), now);
		T_OK(n > was);
		T_EQ(pace_limit(&p, 40 * MIB, pace_cost(10, 0), now), n);
		if (n >= 2048)
			break;
	}
	T_OK(n >= 2048);	/* more than any sink takes */

	/* caught up */
	for (i = 0; i < 20 && n > PACE_MIN; i++, now += 1000)
		n = pace_limit(&p, 40 * MIB, pace_cost(90, 4 * MIB), now);
	T_EQ(n, PACE_MIN);

	/* it does not grow for ever, and hostile sizes are no trouble */
	pace_begin(&p, 0, 0, pace_cost(UINT64_MAX, UINT64_MAX));
	for (i = 0; i < 200; i++, now += 1000)
		n = pace_limit(&p, UINT64_MAX, 0, now);
	T_OK(n >= 2048 && n <= 1u << 20);
	/* a stage without work is never behind */
	pace_begin(&p, 0, MIB, pace_cost(0, 0));
	T_EQ(pace_limit(&p, 100 * MIB, 0, now + 1000), PACE_MIN);
	return t_end();
}
