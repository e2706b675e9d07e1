/* image.h - IMAGE and the options that say what in it is meant, the same for all commands that read
 * a file system.
 *
 * IMAGE is what i2n_image_open() takes: a file, plain or packed, FILE:MEMBER, or "-".
 *
 * Ownership: image_release() frees all; it accepts a zeroed struct. */
#ifndef CLI_IMAGE_H
#define CLI_IMAGE_H

#include "img2nfs/fat.h"
#include "img2nfs/fs.h"

#include "img2nfs/digests.h"
#include "img2nfs/packed.h"

#include "confine.h"
#include "opts.h"
#include "pick.h"
#include "progress.h"

struct packed_opts {
	const char *spool, *sha256;
	uint64_t max_unpacked, max_ratio;
	bool no_sha256, no_sandbox;
	bool scattered;			/* no option, see packed.h */
	/* no option: what will be needed besides the image; NULL: nothing */
	struct confine *confine;
};

/* Rows for a struct (`tag`: "struct x_opts") with a member `m` of type struct packed_opts. */
#define PACKED_ROWS(tag, m) \
	{ .name = "sha256", .type = OPT_STRING, .off = offsetof(tag, m.sha256), .arg = "HEX", \
	  .help = "the SHA-256 that the file must have, as it is downloaded" }, \
	{ .name = "no-sha256", .type = OPT_FLAG, .off = offsetof(tag, m.no_sha256), \
	  .help = "ignore FILE.sha256, FILE.sha256sum and SHA256SUMS beside the image" }, \
	CONFINE_ROW(tag, m.no_sandbox), \
	{ .name = "spool", .type = OPT_STRING, .off = offsetof(tag, m.spool), .arg = "DIR", \
	  .help = "where to unpack what cannot be read in place (default $TMPDIR, else " \
	  "/var/tmp); no name appears there" }, \
	{ .name = "max-unpacked", .type = OPT_SIZE, .off = offsetof(tag, m.max_unpacked), \
	  .arg = "BYTES", .min = 1, .def = "1T", .help = "give up when it unpacks to more" }, \
	{ .name = "max-ratio", .type = OPT_NUMBER, .off = offsetof(tag, m.max_ratio), .arg = "N", \
	  .min = 1, .def = "1000", .help = "give up when it unpacks to more than N times its " \
	  "size, zeros not counted" }

struct image_opts {
	struct packed_opts packed;
	const char *partition;
	uint64_t offset;
	unsigned sector_size;		/* word of IMAGE_SECTOR_WORDS */
	unsigned journal;		/* enum i2n_journal_mode */
	const char *journal_device;
	bool strict;
	bool keep_all;			/* no option: other partitions will be read, too */
};

#define IMAGE_SECTOR_WORDS "auto|512|4096"
#define IMAGE_JOURNAL_WORDS "replay|ignore|fail"

/* Rows for a struct (`tag`: "struct x_opts") with a member `m` of type struct image_opts. */
#define IMAGE_ROWS(tag, m) \
	PACKED_ROWS(tag, m.packed), \
	{ .name = "partition", .type = OPT_STRING, .off = offsetof(tag, m.partition), \
	  .arg = "WHICH", .def = "auto", .help = "the file system to read: auto, a number, " \
	  "LABEL=..., UUID=... or PARTUUID=..." }, \
	{ .name = "offset", .type = OPT_SIZE, .off = offsetof(tag, m.offset), .arg = "BYTES", \
	  .help = "the file system begins here; the partition table is not read" }, \
	{ .name = "sector-size", .type = OPT_WORD, .off = offsetof(tag, m.sector_size), \
	  .arg = "BYTES", .words = IMAGE_SECTOR_WORDS, .def = "auto", \
	  .help = "sector size of the partition table" }, \
	{ .name = "journal", .type = OPT_WORD, .off = offsetof(tag, m.journal), .arg = "MODE", \
	  .words = IMAGE_JOURNAL_WORDS, .def = "replay", \
	  .help = "what to do with a journal that needs recovery; replay happens in memory" }, \
	{ .name = "journal-device", .type = OPT_STRING, .off = offsetof(tag, m.journal_device), \
	  .arg = "PATH", .help = "the external journal of the file system, a file or device" }, \
	{ .name = "strict", .type = OPT_FLAG, .off = offsetof(tag, m.strict), \
	  .help = "stop at the first damaged object instead of leaving it out" }

enum image_use {
	IMAGE_WHOLE,	/* all of it will be read: a checksum beside it is looked for */
	IMAGE_TREE,	/* the same, and ":/PATH" may follow */
	IMAGE_PART,	/* only --sha256 makes more than what is wanted be read */
	IMAGE_LOOK,	/* the same, ":PATH" may follow, and FAT is read, too */
};

struct image {
	struct i2n_image *file;
	struct i2n_source *journal;
	struct pick pick;
	bool picked;
	struct i2n_fs *fs;		/* the one or, with IMAGE_LOOK, the other */
	struct i2n_fat *fat;
	struct i2n_reader *reader;	/* of it */
	struct i2n_unused *unused;	/* of the file's stream */
	const char *rest;		/* with IMAGE_TREE and IMAGE_LOOK: PATH; "" where none
					 * was given */
	const struct i2n_notes *notes;
	bool must_finish;
	struct progress waiting;	/* shown while nothing but unpacking goes on */
};

/* progress: how to show that the image is being unpacked; NULL: on a terminal. */
void image_begin_waiting(struct progress *p, const struct progress_opts *progress);

/* The image alone, without its partitions. `waiting` lives as long as *ret. */
int packed_open(const struct packed_opts *opts, const char *operand, enum image_use use,
		const struct i2n_notes *notes, struct progress *waiting, struct i2n_image **ret,
		struct i2n_err *err);

/* Open the file, choose the partition, open its file system. progress as above. On failure *ret
 * holds what image_release() has to free. *ret must stay where it is. */
int image_open(const struct image_opts *opts, const char *operand, enum image_use use,
	       const struct progress_opts *progress, const struct i2n_notes *notes,
	       struct image *ret, struct i2n_err *err);

/* Waiting for it is over, for now: progress says how far it is. */
void image_waited(struct image *image);

/* The tree, for the caller to free. */
int image_tree(struct image *image, struct i2n_tree **ret, struct i2n_err *err);

/* To be called before content is compared in another order than the medium's: of an image in
 * compressed blocks, which would be unpacked again and again, the digests are made first. Else *ret
 * stays as it is; zero it before, i2n_digests_release() it after. Called again it does nothing. */
int image_digests(struct image *image, const struct i2n_tree *tree, struct i2n_reader *reader,
		  const struct progress_opts *progress, struct i2n_digests *ret,
		  struct i2n_err *err);

/* To be called when what was wanted has been read and before it is said to be good: reads the rest
 * and checks what there is to check. Without IMAGE_WHOLE only where --sha256 was given. */
int image_finish(struct image *image, struct i2n_err *err);
void image_release(struct image *image);

#endif
