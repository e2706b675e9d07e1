/* fat.h - read a FAT12, FAT16 or FAT32 file system with long names out of a struct i2n_source.
 *
 *	i2n_fat_open(src, &notes, &fat, &err);	boot sector, geometry
 *	i2n_fat_tree(fat, &tree, &err);		all directories; the chain of every file is checked
 *	i2n_fat_reader(fat)			file data
 *
 * Names and attributes are those of a Linux mount with `-t vfat -o utf8,tz=UTC,umask=022`: the
 * long name, else the short one by code page 437 and its two case bits; mode 0755, or 0555 for what
 * is read-only; owner 0:0; times as local times of UTC, the atime a date only; the root has no
 * times. Unlike there, a directory ends where the specification says (at an entry that begins with
 * a zero byte).
 *
 * Unit:      bytes; times are packed as in node.h.
 * Thread:    one fat, one thread.
 * Ownership: the source stays the caller's and must outlive the fat; it is never written. Trees are
 *            the caller's. free accepts NULL.
 * Trust:     every on-disk number is hostile until range-checked. A file whose chain is broken, too
 *            short or goes through clusters of something else is left out with a note
 *            I2N_NOTE_DAMAGED; a directory keeps what can be read of it.
 * Source:    Microsoft's FAT specification 1.03; fs/fat of Linux 6.1. */
#ifndef IMG2NFS_FAT_H
#define IMG2NFS_FAT_H

#include "img2nfs/note.h"
#include "img2nfs/reader.h"
#include "img2nfs/source.h"

struct i2n_fat;

struct i2n_fat_info {
	unsigned bits;			/* 12, 16 or 32 */
	uint32_t cluster, clusters;	/* bytes of one; how many */
	uint64_t size;			/* as the boot sector says */
	uint32_t serial;		/* "8E5A-1C0D" is 0x8e5a1c0d */
	/* Known when the tree has been read: */
	bool has_label;
	unsigned char label[11];	/* raw, padded with spaces */
	uint64_t label_mtime;
};

int i2n_fat_open(struct i2n_source *src, const struct i2n_notes *notes, struct i2n_fat **ret,
		 struct i2n_err *err);
const struct i2n_fat_info *i2n_fat_info(const struct i2n_fat *fat);
int i2n_fat_tree(struct i2n_fat *fat, struct i2n_tree **ret, struct i2n_err *err);
struct i2n_reader *i2n_fat_reader(struct i2n_fat *fat);	/* owned by the fat */
void i2n_fat_free(struct i2n_fat *fat);

#endif
