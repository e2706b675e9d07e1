/* The fault source fails exactly the k-th read, with EIO blamed on the image, and nothing else. */
#include "img2nfs/source.h"

#include <errno.h>

#include "t.h"

int main(void)
{
	static const char data[] = "0123456789";
	struct i2n_source *mem = NULL, *src = NULL;
	struct i2n_err err = { 0 };
	char c = 0;
	int i;

	T_EQ(i2n_source_mem(data, sizeof(data), &mem, &err), I2N_OK);
	T_EQ(i2n_source_fault(mem, 3, &src, &err), I2N_OK);
	for (i = 1; i <= 5; i++) {
		T_EQ(i2n_source_pread(src, &c, 1, (uint64_t)i, &err), i == 3 ? I2N_FATAL : I2N_OK);
		if (i != 3)
			T_EQ(c, '0' + i);
	}
	T_EQ(err.code, EIO);
	T_EQ(err.blame, I2N_BLAME_IMAGE);
	T_STR(err.msg, "cannot read memory at 3: EIO (injected)");
	i2n_source_free(src);
	i2n_source_free(mem);
	return t_end();
}
