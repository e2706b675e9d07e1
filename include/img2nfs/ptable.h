/* ptable.h - what is where on a disk image: partition table and what lies in each partition.
 *
 * i2n_ptable_read() gives the table (DOS with logical partitions, GPT, or none), i2n_fstype_probe()
 * names what a range of bytes holds. Neither reads a file system; that is fs.h.
 *
 * Unit:      bytes. part_no counts from 1, as fdisk shows it (logical DOS partitions start at 5).
 * Trust:     every partition in the result lies inside the source; those that do not are kept with
 *            `outside` set, so that `list` can show a truncated image, and nobody may read them.
 * Ownership: the table owns its strings; free accepts NULL.
 * Source:    UEFI 2.10 section 5 (GPT); libfdisk 2.38. */
#ifndef IMG2NFS_PTABLE_H
#define IMG2NFS_PTABLE_H

#include "img2nfs/source.h"

#include <stdbool.h>

enum i2n_label { I2N_LABEL_NONE, I2N_LABEL_DOS, I2N_LABEL_GPT };

#define I2N_PARTS_MAX 256	/* more partitions than this are refused: GPT images have up to
				 * 128 */

struct i2n_part {
	unsigned part_no;
	uint64_t start, size;		/* bytes from the start of the image */
	bool bootable;			/* DOS active flag */
	bool outside;			/* reaches past the end of the image */
	bool container;			/* DOS extended partition: holds logical ones, no file
					 * system */
	char type_id[40];		/* "83", or the GPT type GUID */
	char type_name[64];		/* "Linux", "Linux filesystem" */
	char partuuid[40];		/* as /dev/disk/by-partuuid names it: "aabbccdd-02" or a
					 * GUID; "" if none */
	char partlabel[128];		/* GPT name as UTF-8, "" if none */
};

struct i2n_ptable {
	enum i2n_label label;
	uint32_t sector_size;		/* the one the table is written in: 512 or 4096 */
	char disk_id[40];		/* "0x8d2f1c44" or GUID, "" without a table */
	unsigned n_parts;
	struct i2n_part *parts;		/* in order of part_no */
};

/* Read the table. sector_size 0: what the medium says, else 512, else 4096 where only that finds a
 * GPT. An image without a table gives I2N_OK with label NONE and no parts: a bare file system, or
 * something else. Notes (may be NULL): backup GPT used, partition outside the image, ... */
struct i2n_notes;
int i2n_ptable_read(struct i2n_source *src, uint32_t sector_size, const struct i2n_notes *notes,
		    struct i2n_ptable **ret, struct i2n_err *err);
void i2n_ptable_free(struct i2n_ptable *pt);
const char *i2n_ptable_library(void);	/* version of libfdisk in use; NULL: built without, then
						 * an image with a table is an error of USAGE */

/* What a range holds, by its magic numbers. */
enum i2n_fskind {
	I2N_FS_UNKNOWN,		/* no magic known to us */
	I2N_FS_EMPTY,		/* the probed places are all zero */
	I2N_FS_EXT,		/* ext2, ext3, ext4: readable by fs.h */
	/* known by name, not readable: vfat, ntfs, xfs, btrfs, squashfs, f2fs, erofs, swap,
	 * iso9660, ... */
	I2N_FS_OTHER,
	I2N_FS_CONTAINER,	/* crypto_LUKS, LVM2_member, linux_raid_member, zfs_member,
				 * bcache */
	/* the "image" itself is gzip, xz, zstd, bzip2, zip, qcow2, vmdk, vdi, ...: what to do
	 * first */
	I2N_FS_ARCHIVE,
};

struct i2n_fstype {
	enum i2n_fskind kind;
	char type[24];		/* blkid's word: "ext4", "vfat", "crypto_LUKS"; "" when unknown */
	char label[132];	/* raw bytes of the label where cheap to know (ext, vfat, xfs,
				 * btrfs, ...), else "" */
	char uuid[40];		/* in blkid's form, else "" */
};

/* Probe a source (a slice for a partition). Read errors are I2N_FATAL; "nothing found" is I2N_OK +
 * UNKNOWN. */
int i2n_fstype_probe(struct i2n_source *src, struct i2n_fstype *ret, struct i2n_err *err);

#endif
