#include "version.h"

#include "img2nfs/fs.h"
#include "img2nfs/packed.h"
#include "img2nfs/ptable.h"
#include "img2nfs/sandbox.h"
#include "img2nfs/sink.h"

void version_print(FILE *f)
{
	const char *packed = i2n_packed_libraries();
	const char *fdisk = i2n_ptable_library();
	char sandbox[I2N_SANDBOX_TEXT];

	/* main() finds failed writes */
	(void)fprintf(f, "img2nfs %s\nlibext2fs %s\n%s%s\nlibnfs %s\n%s\n%s\n", I2N_VERSION,
		      i2n_fs_library(), fdisk ? "libfdisk " : "no partition tables",
		      fdisk ? fdisk : "", i2n_nfs_library(),
		      packed ? packed : "no compressed images", i2n_sandbox_about(sandbox));
}
