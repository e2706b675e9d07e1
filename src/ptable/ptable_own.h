/* ptable_own.h - between the files that read a partition table.
 *
 * libfdisk reads from a file descriptor, and a source need not have one. So the places where a
 * table can lie are checked here, copied into a sparse file that nobody else sees (struct view),
 * and libfdisk decodes that. It meets only headers whose checksums and sizes have been verified,
 * and chains of extended partitions that end.
 *
 * Unit:      bytes; *_lba in sectors of sector_size.
 * Trust:     the bytes are hostile; after gpt_load() and dos_copy_chain() sizes and positions are
 *            not.
 * Source:    UEFI 2.10 section 5.3 (GPT), 5.2 (MBR); libfdisk 2.38. */
#ifndef PTABLE_OWN_H
#define PTABLE_OWN_H

#include "img2nfs/note.h"
#include "img2nfs/ptable.h"

#define SECTOR_MAX 4096u
#define MBR_SIZE 512u

/* A sparse temporary file without a name. */
struct view {
	int fd;
	uint64_t size;
};

int view_init(struct view *v, uint64_t size, struct i2n_err *err);
int view_put(struct view *v, const void *buf, size_t len, uint64_t off, struct i2n_err *err);
void view_release(struct view *v);

/* One of the two copies of a GPT. */
struct gpt_copy {
	bool is_valid;			/* checksums, own position and sizes are right */
	uint64_t off;			/* of the header */
	uint64_t entries_off;
	size_t entries_len;
	uint64_t end;			/* the disk it was made for reaches at least this far */
	uint64_t alternate_lba;
	unsigned char *entries;
	unsigned char header[SECTOR_MAX];
};

struct gpt {
	struct gpt_copy primary, backup;
	bool is_backup_skipped;		/* nobody looked */
};

/* Look for both copies. Neither valid is I2N_OK, too. gpt_release() afterwards in any case.
 * may_seek: of a stream the backup is looked at, too, but only for want of the primary. */
int gpt_load(struct i2n_source *src, uint32_t sector_size, bool may_seek, struct gpt *gpt,
	     struct i2n_err *err);
int gpt_copy_to(const struct gpt *gpt, struct view *v, struct i2n_err *err);
void gpt_release(struct gpt *gpt);

/* What the first sector is. */
enum mbr_kind {
	MBR_NONE,		/* no DOS table */
	MBR_EMPTY,		/* the signature and four empty entries */
	MBR_DOUBTFUL,		/* entries that overlap, are empty though typed, or lie outside */
	MBR_PLAUSIBLE,
	MBR_PROTECTIVE,		/* announces a GPT */
};
enum mbr_kind mbr_judge(const unsigned char mbr[MBR_SIZE], uint64_t disk_sectors);

/* Copy the chain of extended boot records into the view; it is cut, with a note, where it loops,
 * leaves the image or meets a sector without signature. */
int dos_copy_chain(struct i2n_source *src, const unsigned char mbr[MBR_SIZE], uint32_t sector_size,
		   struct view *v,
		   const struct i2n_notes *notes, struct i2n_err *err);

/* Decode the view with libfdisk into pt (label, disk_id, parts). Positions are checked against
 * size, the source's. */
int fdisk_decode(const struct view *v, uint64_t size, uint32_t sector_size,
		 const struct i2n_notes *notes,
		 struct i2n_ptable *pt, struct i2n_err *err);

#endif
