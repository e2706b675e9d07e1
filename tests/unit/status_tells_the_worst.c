/* Each blame has its exit status, and of several statuses the one told is the first of the
 * documented order. */
#include "cli/status.h"
#include "t.h"

static int of(enum i2n_err_domain domain, int64_t code)
{
	struct i2n_err err;

	i2n_err_set(&err, domain, code, "x");
	return status_of(&err);
}

int main(void)
{
	static const int order[] = { 130, 2, 7, 3, 4, 6, 5, 1, 0 };	/* as in img2nfs(1) */
	struct i2n_err err;

	T_EQ(of(I2N_DOM_USAGE, 0), 2);
	T_EQ(of(I2N_DOM_IMAGE, 0), 3);
	T_EQ(of(I2N_DOM_EXT2, 2133571347), 3);
	T_EQ(of(I2N_DOM_DEST, 0), 4);
	T_EQ(of(I2N_DOM_RPC, 111), 4);
	T_EQ(of(I2N_DOM_MOUNT3, 13), 4);
	T_EQ(of(I2N_DOM_NFS3, 28), 4);
	T_EQ(of(I2N_DOM_SYS, 12), 7);
	T_EQ(of(I2N_DOM_STOPPED, 2), 130);
	T_EQ(of(I2N_DOM_STOPPED, 15), 143);
	T_EQ(of(I2N_DOM_NONE, 0), 7);

	/* a system call that failed on the image is the image's trouble */
	i2n_err_set(&err, I2N_DOM_SYS, 5, "x");
	i2n_err_blame(&err, I2N_BLAME_IMAGE);
	T_EQ(status_of(&err), 3);

	for (unsigned i = 0; i < 9; i++) {
		for (unsigned k = i; k < 9; k++) {
			T_EQ(status_worse(order[i], order[k]), order[i]);
			T_EQ(status_worse(order[k], order[i]), order[i]);
		}
	}
	return t_end();
}
