/* loss.h - classes of what a destination may be unable to keep.
 *
 * One word per class, used by notes (`cls`), by --allow-loss=WORD,... and in the JSON report. A
 * loss that is not allowed makes the exit status 1. The table of words, with one sentence each, is
 * in src/plan/loss.c. */
#ifndef IMG2NFS_LOSS_H
#define IMG2NFS_LOSS_H

#include "img2nfs/err.h"

#include <stdint.h>

enum i2n_loss {
	I2N_LOSS_XATTR = 1 << 0,	/* "xattr": extended attributes other than the two below */
	I2N_LOSS_ACL = 1 << 1,		/* "acl": POSIX ACLs */
	I2N_LOSS_CAPS = 1 << 2,		/* "caps": file capabilities */
	I2N_LOSS_CHATTR = 1 << 3,	/* "chattr": chattr(1) flags */
	I2N_LOSS_TIME_RANGE = 1 << 4,	/* "time-range": a time the protocol cannot express; stored
					 * clamped */
	I2N_LOSS_SYMLINK_TIMES = 1 << 5,/* "symlink-times": the server keeps no times of symlinks */
	I2N_LOSS_ATTR = 1 << 6,		/* "attr": an owner, mode or time that the server did not
					 * honour */
	I2N_LOSS_ENCRYPTED = 1 << 7,	/* "encrypted": files that need a key */
	I2N_LOSS_NAME = 1 << 8,		/* "name": the server refuses the name (too long, not
					 * UTF-8) */
	I2N_LOSS_SOCKET = 1 << 9,	/* "socket": UNIX sockets, which a tar cannot hold */
};
#define I2N_LOSS_CLASSES 10

/* Word of the class with bit 1 << i, and its sentence; i < I2N_LOSS_CLASSES. */
const char *i2n_loss_word(unsigned i);
const char *i2n_loss_text(unsigned i);

/* Parse "xattr,acl" or "all" into a mask. Unknown words: I2N_FATAL, USAGE, with the list of known
 * ones as hint. */
int i2n_loss_parse(const char *list, uint32_t *ret_mask, struct i2n_err *err);

#endif
