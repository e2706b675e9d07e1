/* verify.h - is what a server has what an image, or a manifest, says? Everything is read back.
 *
 *	i2n_verify_run(tree, reader, sink, &opts, &notes, &result, &err)
 *
 * Compared are type, mode (not of symlinks), owner, size, mtime, device numbers, symlink targets,
 * which names are links to one object, what is missing, what is extra, and all content, by its
 * XXH3-128 digest; with an image at hand also byte by byte, to say where it differs. Every
 * difference is a note I2N_NOTE_DIFFERS with the word of its class. POSIX ACLs of the objects that
 * have one in the image are compared too, where the sink has I2N_CAP_ACL. Not compared: ACLs of
 * other objects, atime, ctime, xattrs and what else NFSv3 does not show.
 *
 * No differences, because the program reports them as losses when it stores a tree:
 *   - times of symlinks, when not one symlink has its own (such servers keep none): counted;
 *   - times that the protocol cannot express, when they are the nearest that it can: counted;
 *   - encrypted files that are not there: counted as left out;
 *   - with opts->allow & I2N_LOSS_ATTR: modes, owners and mtimes: counted as allowed;
 *   - with opts->allow & I2N_LOSS_ACL: ACLs: not compared.
 * A time is right when it is the wanted one rounded down to the server's granularity.
 *
 * Holes count as the zeros that they read as; those of files with 64 MiB of them and more are taken
 * for holes where the server has allocated no room for data in them, see compare.h, and counted.
 *
 * Memory: per object 2 bits, 8 bytes, and 16 more at the end; of symlinks with other times 16
 *         bytes; 2 MiB of handles and tasks and a directory page per LIST under way, whatever the
 *         tree; and opts->bytes for content.
 * Thread:    one.
 * Ownership: everything stays the caller's. The sink must have I2N_CAP_READBACK.
 * Trust:     the server may say anything; nothing of what it says is trusted but for being
 *            compared. */
#ifndef IMG2NFS_VERIFY_H
#define IMG2NFS_VERIFY_H

#include "img2nfs/engine.h"

enum i2n_diff {
	I2N_DIFF_MISSING, I2N_DIFF_EXTRA, I2N_DIFF_TYPE, I2N_DIFF_MODE, I2N_DIFF_OWNER,
	I2N_DIFF_SIZE, I2N_DIFF_MTIME, I2N_DIFF_CONTENT, I2N_DIFF_TARGET, I2N_DIFF_RDEV,
	I2N_DIFF_LINKS, I2N_DIFF_ACL, I2N_DIFFS
};
const char *i2n_diff_word(enum i2n_diff d);	/* "mode" */

/* What a manifest says of an inode, beside its type. */
enum i2n_know {
	I2N_KNOW_MODE = 1 << 0,
	I2N_KNOW_UID = 1 << 1,
	I2N_KNOW_GID = 1 << 2,
	I2N_KNOW_SIZE = 1 << 3,
	I2N_KNOW_MTIME = 1 << 4,
	I2N_KNOW_RDEV = 1 << 5,
	I2N_KNOW_TARGET = 1 << 6,
	I2N_KNOW_DIGEST = 1 << 7,
	I2N_KNOW_LINKS = 1 << 8,	/* all its names are known to be its names */
};

struct i2n_expect {
	const uint16_t *known;			/* by inode index: enum i2n_know */
	const unsigned char (*digests)[16];	/* the same: XXH3-128, canonical form */
};

struct i2n_digests;

struct i2n_verify_opts {
	const volatile int *stop;	/* set to a signal number by the handler; NULL = none */
	/* Called a few times a second at most, and once at the end. `failed` counts what is missing
	 * or could not be read, `written` bytes compared. */
	void (*progress)(void *ctx, const struct i2n_progress *p);
	void *ctx;
	uint32_t allow;			/* enum i2n_loss */
	uint64_t bytes;			/* memory for content; 0 = 16 MiB */
	const struct i2n_digests *digests;	/* made before, see compare.h; or NULL */
	const struct i2n_expect *expect;	/* of a manifest; NULL: the reader has the
						 * content */
	/* Is this left out of the tree on purpose? Then it may be there. NULL: nothing is. */
	bool (*is_excluded)(void *exclude_ctx, const char *path, size_t len);
	void *exclude_ctx;
	bool others;	/* others store there, too: what is more is no difference, nor is what the
			 * directory at the top has for attributes */
};

struct i2n_verify_result {
	struct i2n_progress at;
	uint64_t differs[I2N_DIFFS];	/* objects; of missing directories all that is below */
	uint64_t differences;		/* sum of them */
	uint64_t unread;		/* objects that the server or the image did not let us
					 * read */
	uint64_t bytes;			/* content read back and compared */
	uint64_t hole_bytes;		/* taken for holes, see above */
	uint64_t symlink_times, time_range, left_out, allowed, no_digest;
};

/* *ret is filled in all cases. I2N_OK: all has been compared that could be, look at *ret. */
int i2n_verify_run(const struct i2n_tree *tree, struct i2n_reader *reader, struct i2n_sink *sink,
		   const struct i2n_verify_opts *opts, const struct i2n_notes *notes,
		   struct i2n_verify_result *ret, struct i2n_err *err);

#endif
