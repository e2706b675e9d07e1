/* ext4_sort() sorts, keeps the order of equal elements, and takes arrays of all lengths. */
#include "ext4/ext4.h"
#include "t.h"

struct element {
	uint32_t key, at;
	unsigned char more[4];
};

static int by_key(const void *ctx, const void *a, const void *b)
{
	const struct element *x = a, *y = b;

	T_EQ(*(const int *)ctx, 42);
	return (x->key > y->key) - (x->key < y->key);
}

static void one(uint32_t n, uint32_t keys, uint32_t sorted_before)
{
	static uint32_t seed = 1;
	struct element *e = calloc(n + (size_t)1, sizeof(*e));
	const int ctx = 42;
	uint32_t *seen = calloc(n + (size_t)1, sizeof(*seen));

	for (uint32_t i = 0; i < n; i++) {
		seed = seed * 1664525 + 1013904223;
		e[i] = (struct element){ i < sorted_before ? i : (seed >> 8) % keys, i,
					 { i & 255 } };
	}
	T_OK(ext4_sort(e, n, sizeof(*e), by_key, &ctx));
	for (uint32_t i = 0; i < n; i++) {
		T_OK(!seen[e[i].at]++);
		T_EQ(e[i].more[0], e[i].at & 255);
		if (i)
			T_OK(e[i - 1].key < e[i].key ||
			     (e[i - 1].key == e[i].key && e[i - 1].at < e[i].at));
	}
	free(seen);
	free(e);
}

int main(void)
{
	for (uint32_t n = 0; n < 70; n++) {
		one(n, 1, 0);
		one(n, 5, 0);
		one(n, 1000, 0);
		one(n, 1000, n - n / 8);
	}
	one(10000, 100, 0);
	one(8193, 1u << 20, 0);
	one(8191, 1u << 20, 8000);
	return t_end();
}
