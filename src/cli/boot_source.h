/* boot_source.h - where the files that a board boots from are in an image: a FAT partition, an ext
 * one, or /boot of the root file system.
 *
 * Ownership: boot_source_release() frees all but the tree, which is the caller's from the
 *            beginning; it accepts a zeroed struct. */
#ifndef CLI_BOOT_SOURCE_H
#define CLI_BOOT_SOURCE_H

#include "img2nfs/fat.h"

#include "image.h"
#include "volumes.h"

struct boot_source {
	struct volumes vols;
	struct i2n_ptable *own_table;	/* where the image was opened without one */
	const struct i2n_ptable *table;
	const struct i2n_part *part;	/* NULL: a directory of the root, or there is no table */
	struct i2n_fat *fat;		/* the one or the other, or none */
	struct i2n_fs *fs;
	struct i2n_reader *reader;
	char name[80];			/* for messages: "partition 1 (vfat)" */
};

/* The root as it will be stored, edits included: /boot is taken from there. */
struct boot_root {
	const struct image *image;
	const struct i2n_tree *tree;
	struct i2n_reader *reader;
};

/* which: a number, "root", or NULL: find it. A refusal names what is there. On failure *ret holds
 * what boot_source_release() has to free. */
int boot_source_find(const struct boot_root *root, const char *which, const struct i2n_notes *notes,
		     struct boot_source *ret, struct i2n_tree **ret_tree, struct i2n_err *err);
void boot_source_release(struct boot_source *src);

#endif
