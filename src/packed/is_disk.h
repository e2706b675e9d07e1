/* is_disk.h - do these first bytes belong to the image of a disk?
 *
 * Trust: hostile. A yes is a guess: partition table, ext2, ext3 or ext4, or a virtual disk. */
#ifndef IS_DISK_H
#define IS_DISK_H

#include "img2nfs/ptable.h"

/* What the head of something is, as i2n_fstype_probe() sees it. size: of the whole, 0: unknown. */
int head_probe(const unsigned char *head, size_t len, uint64_t size, struct i2n_fstype *ret,
	       struct i2n_err *err);

bool is_disk(const unsigned char *head, size_t len, uint64_t size);

#endif
