#include "img2nfs/packed.h"

#include <archive.h>

const char *i2n_packed_libraries(void)
{
	return archive_version_details();	/* with the versions of those that it uses */
}
