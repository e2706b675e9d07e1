/* Members of a set are numbered in order, at the edges of words and of strides, too. */
#include "rank.h"
#include "t.h"

static void one(uint32_t n, uint32_t step)
{
	struct rank r;
	uint32_t members = 0;

	T_OK(rank_init(&r, n));
	for (uint32_t i = 0; i < n; i += step)
		rank_add(&r, i);
	T_EQ(rank_seal(&r), (n + step - 1) / step);
	for (uint32_t i = 0; i < n; i++) {
		if (rank_of(&r, i) != members)
			T_EQ(rank_of(&r, i), members);
		if (rank_has(&r, i) != (i % step == 0))
			T_EQ(rank_has(&r, i), i % step == 0);
		members += i % step == 0;
	}
	rank_release(&r);
}

int main(void)
{
	one(0, 1);
	one(1, 1);
	one(64, 1);
	one(512, 1);
	one(513, 7);
	one(100000, 63);
	one(100000, 1);
	return t_end();
}
