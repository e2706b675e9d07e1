#include "version.h"

#include "img2nfs/fs.h"
#include "img2nfs/packed.h"
#include "img2nfs/ptable.h"
#include "img2nfs/sandbox.h"
#include "img2nfs/sink.h"

#include <string.h>

/* Asked once: libarchive makes the text anew, and forgets the one before, at each call. */
static const char *packed_libraries(void)
{
	static const char *text;

	if (!text)
		text = i2n_packed_libraries();
	return text;
}

void version_print(FILE *f)
{
	const char *packed = packed_libraries();
	const char *fdisk = i2n_ptable_library();
	char sandbox[I2N_SANDBOX_TEXT];

	/* main() finds failed writes */
	(void)fprintf(f, "img2nfs %s\nlibext2fs %s\n%s%s\nlibnfs %s\n%s\n%s\n", I2N_VERSION,
		      i2n_fs_library(), fdisk ? "libfdisk " : "no partition tables",
		      fdisk ? fdisk : "", i2n_nfs_library(),
		      packed ? packed : "no compressed images", i2n_sandbox_about(sandbox));
}

/* "libarchive 3.6.2 zlib/1.2.13": its own name is the member's */
static void put_packed(struct json *j)
{
	static const char name[] = "libarchive ";
	const char *packed = packed_libraries();

	if (packed && !strncmp(packed, name, sizeof(name) - 1))
		packed += sizeof(name) - 1;
	json_str(j, "libarchive", packed);
}

void version_json(struct json *j)
{
	json_object(j, "versions");
	json_str(j, "img2nfs", I2N_VERSION);
	json_str(j, "libext2fs", i2n_fs_library());
	json_str(j, "libfdisk", i2n_ptable_library());
	json_str(j, "libnfs", i2n_nfs_library());
	put_packed(j);
	json_end(j);
}
