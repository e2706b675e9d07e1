#include "t.h"

#include "sink/nfs_buf.h"

#define CAP (8u << 20)

int main(void)
{
	struct nfs_bufs bufs;
	struct nfs_buf *held[4096], *b;
	unsigned n = 0;
	uint64_t seed = 1;

	nfs_bufs_init(&bufs, CAP);
	/* any mix of sizes, taken until it is full, then given back */
	for (int round = 0; round < 50; round++) {
		for (;;) {
			size_t size;

			seed = seed * UINT64_C(6364136223846793005) + 1;
			size = 1 + (size_t)(seed >> 40) % (1u << (round % 21));
			b = nfs_bufs_get(&bufs, size);
			if (!b || n == 4096)
				break;
			memset(b->data, 1, size);
			held[n++] = b;
		}
		T_OK(b == NULL || n == 4096);
		T_OK(bufs.allocated <= CAP && bufs.in_use <= CAP);
		T_OK(bufs.in_use + (1u << 20) > CAP || n == 4096);
		if (b)
			nfs_bufs_put(&bufs, b);
		while (n)
			nfs_bufs_put(&bufs, held[--n]);
		T_EQ(bufs.in_use, 0);
	}
	nfs_bufs_release(&bufs);
	T_EQ(bufs.allocated, 0);

	/* a buffer larger than the cap is granted when it is alone, or nothing could ever be
	 * sent */
	nfs_bufs_init(&bufs, 65536);
	b = nfs_bufs_get(&bufs, 1u << 20);
	T_OK(b != NULL);
	T_OK(nfs_bufs_get(&bufs, 1) == NULL);
	nfs_bufs_put(&bufs, b);
	nfs_bufs_release(&bufs);
	return t_end();
}
