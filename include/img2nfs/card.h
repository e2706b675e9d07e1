/* card.h - write an image of a memory card that holds a boot partition and nothing else.
 *
 * For boards that cannot boot from the network: MBR, one FAT partition where the board looks for
 * it, the files of a tree in it. The file system is as large as its content asks for, and some free
 * space for edits: FAT16 with clusters of 512 bytes, or FAT32 from 32 MiB on, with the largest
 * clusters, up to 4 KiB, of which there are enough. The same tree and options give the same bytes.
 *
 * The image goes into an empty file that is open for writing; what is zero in it is a hole.
 *
 * Unit:      bytes; times as in node.h, stored as UTC in steps of 2 s between 1980 and 2107.
 * Trust:     names of the tree are anything. What FAT cannot hold - names that are not UTF-8, that
 *            have one of "*:<>?\| or end in a dot or space, that differ from another one in case
 *            only; symlinks, devices; 4 GiB and more - is left out with a note I2N_NOTE_FAILED.
 * Source:    Microsoft's FAT specification 1.03. */
#ifndef IMG2NFS_CARD_H
#define IMG2NFS_CARD_H

#include "img2nfs/note.h"
#include "img2nfs/reader.h"

struct i2n_card_opts {
	uint64_t start;			/* of the partition: a multiple of 512, 512 at least */
	uint32_t disk_id;
	unsigned part_no;		/* 1..4 */
	bool bootable;
	uint32_t serial;
	bool has_label;
	unsigned char label[11];	/* as in struct i2n_fat_info */
	uint64_t label_mtime;
	const volatile int *stop;	/* may be NULL */
};

struct i2n_card_result {
	unsigned bits;			/* 16 or 32 */
	uint64_t size, written;		/* of the image; file data in it */
	uint64_t files, dirs, failed;
};

/* fd stays the caller's; path is for messages. I2N_OK: look at `failed`. */
int i2n_card_write(int fd, const char *path, const struct i2n_tree *tree, struct i2n_reader *reader,
		   const struct i2n_card_opts *opts, const struct i2n_notes *notes,
		   struct i2n_card_result *ret, struct i2n_err *err);

#endif
