/* image.h - IMAGE and the options that say what in it is meant, the same for all commands that read
 * a file system.
 *
 * Ownership: image_release() frees all; it accepts a zeroed struct. */
#ifndef CLI_IMAGE_H
#define CLI_IMAGE_H

#include "img2nfs/fs.h"

#include "opts.h"
#include "pick.h"

struct image_opts {
	const char *partition;
	uint64_t offset;
	unsigned sector_size;		/* word of IMAGE_SECTOR_WORDS */
	unsigned journal;		/* enum i2n_journal_mode */
	const char *journal_device;
	bool strict;
};

#define IMAGE_SECTOR_WORDS "auto|512|4096"
#define IMAGE_JOURNAL_WORDS "replay|ignore|fail"

/* Rows for a struct (`tag`: "struct x_opts") with a member `m` of type struct image_opts. */
#define IMAGE_ROWS(tag, m) \
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

struct image {
	struct i2n_source *file, *journal;
	struct pick pick;
	bool picked;
	struct i2n_fs *fs;
};

/* Open the file, choose the partition, open its file system. On failure *ret holds what
 * image_release() has to free. */
int image_open(const struct image_opts *opts, const char *path, const struct i2n_notes *notes,
	       struct image *ret, struct i2n_err *err);
void image_release(struct image *image);

#endif
