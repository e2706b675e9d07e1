/* pick.h - which range of an image to read: --partition, --offset, --sector-size.
 *
 * Unit:      bytes; part_no counts from 1.
 * Ownership: pick_release() frees slice and table; the image source stays the caller's and must
 *            outlive the pick.
 * Trust:     labels in messages are quoted. */
#ifndef CLI_PICK_H
#define CLI_PICK_H

#include "img2nfs/note.h"
#include "img2nfs/ptable.h"

struct pick_opts {
	const char *partition;	/* "auto", "2", "LABEL=x", "UUID=x", "PARTUUID=x"; NULL means
				 * auto */
	bool has_offset;	/* the file system starts at `offset`; no table is read */
	uint64_t offset;
	uint32_t sector_size;	/* of the partition table; 0: find out */
	bool fat_too;		/* where it is chosen, or alone, FAT will do as well as ext */
};

struct pick {
	struct i2n_source *slice;	/* the file system's bytes */
	struct i2n_ptable *table;	/* NULL with has_offset */
	const struct i2n_part *part;	/* in table; NULL: the whole image, or from `offset` on */
	struct i2n_fstype fstype;	/* of the slice; kind UNKNOWN where only a backup superblock
					 * tells */
};

/* Choose. Notes say which partition was taken and why when there were several. A refusal
 * (I2N_FATAL) names what is there instead; its hint lists the candidates. *ret is filled on I2N_OK
 * only. */
int pick_find(struct i2n_source *image, const struct pick_opts *opts,
	      const struct i2n_notes *notes, struct pick *ret,
	      struct i2n_err *err);
void pick_release(struct pick *pick);

#endif
