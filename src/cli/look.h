/* look.h - IMAGE[:PATH], the operand of the commands that look inside: ls, cat, stat.
 *
 * How the operand is split, i2n_image_open() says. Symlinks in PATH are followed as a system booted
 * from the image would: absolute ones from the image's root, ".." never above it.
 *
 * Ownership: look_release() frees all; it accepts a zeroed struct. */
#ifndef CLI_LOOK_H
#define CLI_LOOK_H

#include "image.h"
#include "report.h"

/* Row for a struct (`tag`) with a bool member `m`. */
#define LOOK_ROWS(tag, m) \
	{ .name = "verbose", .letter = 'v', .type = OPT_FLAG, .off = offsetof(tag, m), \
	  .help = "show every note" }

struct look {
	struct image image;
	struct i2n_tree *tree;
	char *path;		/* where PATH led, without leading slash; "." for the root */
	size_t path_len;
	uint32_t inode, dirent;	/* indexes in tree; dirent I2N_NONE for the root */
};

/* follow: also when the last component is a symlink. On failure *ret holds what look_release() has
 * to free. */
int look_open(const struct image_opts *opts, const char *operand, bool follow,
	      const struct i2n_notes *notes,
	      struct look *ret, struct i2n_err *err);
void look_release(struct look *look);
/* The end of a command that looks: tell the error of rc, release both, return the exit status. */
int look_end(struct look *look, struct report *report, int rc, const struct i2n_err *err);

/* Target of a symlink, NUL-terminated, caller frees; NULL with *err set. */
char *look_target(struct look *look, const struct i2n_inode *in, struct i2n_err *err);

const char *look_type_word(const struct i2n_inode *in);		/* "regular file" */
/* "-rwsr-xr-x", buf of 11 bytes. */
const char *look_mode(char *buf, unsigned mode);
/* "2024-01-31 12:00:00.123456789" in UTC, buf of LOOK_TIME_MAX bytes. */
#define LOOK_TIME_MAX 48
const char *look_time(char *buf, uint64_t packed);

/* The members that ls and stat share, into the object that is open in j. target may be NULL. */
void look_json(struct json *j, const char *path, size_t path_len, const struct i2n_inode *in,
	       const char *target);

#endif
