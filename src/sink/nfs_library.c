#include "img2nfs/sink.h"

/* libnfs 4 and 5 cannot be asked: this is what the build found. */
const char *i2n_nfs_library(void)
{
	return I2N_LIBNFS_VERSION;
}
