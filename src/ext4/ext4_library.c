#include "img2nfs/fs.h"

#include <sys/types.h>
#include <ext2fs/ext2fs.h>

const char *i2n_fs_library(void)
{
	const char *version = "";

	(void)ext2fs_get_library_version(&version, NULL);	/* the number it returns says the
								 * same */
	return version;
}
