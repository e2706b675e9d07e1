/* The queue gives back all that was put in, the lowest place first, equal places by dirent. */
#include "engine/disk_queue.h"
#include "t.h"

#define ROOM 500u

int main(void)
{
	uint32_t held[ROOM], where_of[40000], n = 0, next = 0, seed = 7, lowest, got;
	struct disk_queue q;

	T_OK(disk_queue_init(&q, ROOM));
	while (next < 40000 || n) {
		seed = seed * 1664525 + 1013904223;
		if (next < 40000 && n < ROOM && (!n || seed >> 30)) {
			where_of[next] = (seed >> 8) % 3000;
			disk_queue_put(&q, where_of[next], next);
			held[n++] = next++;
			continue;
		}
		lowest = 0;
		for (uint32_t i = 1; i < n; i++)
			if (where_of[held[i]] < where_of[held[lowest]] ||
			    (where_of[held[i]] == where_of[held[lowest]] && held[i] < held[lowest]))
				lowest = i;
		got = disk_queue_get(&q);
		if (got != held[lowest])
			T_EQ(got, held[lowest]);
		held[lowest] = held[--n];
	}
	T_EQ(q.n, 0);
	disk_queue_release(&q);
	return t_end();
}
