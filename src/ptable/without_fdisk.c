/* Instead of fdisk_*.c, in a program that was built without libfdisk: an image that has a table is
 * refused, with the way around it. */
#define _POSIX_C_SOURCE 200809L
#include "ptable_own.h"

#include <stddef.h>
#include <string.h>
#include <unistd.h>

const char *i2n_ptable_library(void)
{
	return NULL;
}

/* What the view holds has been judged: what is left of signatures stands for a table. */
int fdisk_decode(const struct view *v, uint64_t size, uint32_t sector_size,
		 const struct i2n_notes *notes, struct i2n_ptable *pt, struct i2n_err *err)
{
	unsigned char mark[8] = "";

	(void)size, (void)notes;
	pt->sector_size = sector_size;
	if (pread(v->fd, mark, 2, MBR_SIZE - 2) != 2 ||
	    pread(v->fd, mark + 2, 6, (off_t)sector_size) != 6)
		return I2N_OK;	/* shorter than a table */
	if ((mark[0] != 0x55 || mark[1] != 0xaa) && memcmp(mark + 2, "EFI PA", 6) != 0)
		return I2N_OK;
	i2n_err_set(err, I2N_DOM_USAGE, 0,
		    "cannot read the partition table: this img2nfs was built without libfdisk");
	i2n_err_hint(err, "give the byte where the partition begins with --offset ('fdisk -l' "
		     "tells sectors, of 512 bytes mostly)");
	return I2N_FATAL;
}
