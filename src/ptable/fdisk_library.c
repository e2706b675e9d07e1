#include "img2nfs/ptable.h"

#include <libfdisk.h>

const char *i2n_ptable_library(void)
{
	const char *version = "";

	(void)fdisk_get_library_version(&version);	/* the number it returns says the same */
	return version;
}
