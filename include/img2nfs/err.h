/* err.h - what went wrong, and what the caller should do about it.
 *
 * The return value says what to do (enum i2n_rc), struct i2n_err says why. A failure is described
 * once, where it is seen; layers above may add context with i2n_err_wrap(); only src/cli prints.
 *
 * Unit:      `code` is the raw number of the standard named by `domain`; it is never translated to
 *            errno.
 * Thread:    an i2n_err belongs to one thread.
 * Ownership: no allocation; copy it freely.
 * Trust:     text that comes from an image or a server must be quoted with i2n_quote() (name.h)
 *            before it gets in.
 * Source:    CONVENTIONS sections 4.18 to 4.23. */
#ifndef IMG2NFS_ERR_H
#define IMG2NFS_ERR_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>

enum i2n_rc {
	I2N_OK = 0,
	I2N_END = 1,		/* iterators only: nothing more */
	I2N_RETRY = -1,		/* the same call may succeed later (window full, JUKEBOX, lost
				 * link) */
	I2N_BADNODE = -2,	/* this object cannot be read or stored; the run may go on */
	I2N_FATAL = -3,		/* the run cannot go on */
};

/* Who numbered `code`. */
enum i2n_err_domain {
	I2N_DOM_NONE = 0,
	I2N_DOM_USAGE,		/* the command line; code 0 */
	I2N_DOM_SYS,		/* errno of a system call */
	I2N_DOM_IMAGE,		/* our own finding about the image; code 0 or an errno */
	I2N_DOM_EXT2,		/* errcode_t of libext2fs */
	I2N_DOM_PACKED,		/* a compressed file or container is damaged or cut short; code 0 */
	I2N_DOM_DEST,		/* our own finding about the destination; code 0 */
	I2N_DOM_RPC,		/* connection or RPC layer; code 0 or an errno */
	I2N_DOM_MOUNT3,		/* mountstat3, RFC 1813 5.1.5 */
	I2N_DOM_NFS3,		/* nfsstat3, RFC 1813 2.6; nfsstat4 goes on with its numbers */
	I2N_DOM_STOPPED,	/* the user stopped the run; code is the signal */
};

/* Whose trouble it is; decides the exit status. i2n_err_set() derives it from the domain (SYS ->
 * LOCAL). */
enum i2n_blame {
	I2N_BLAME_NONE = 0,
	I2N_BLAME_USAGE,
	I2N_BLAME_IMAGE,
	I2N_BLAME_SERVER,
	I2N_BLAME_LOCAL,
	I2N_BLAME_USER,		/* interrupted */
	I2N_BLAME_CHECKSUM,	/* the image is not the one whose checksum was given */
};

struct i2n_err {
	enum i2n_err_domain domain;
	enum i2n_blame blame;
	int64_t code;
	char msg[512];		/* "cannot write 'etc/fstab' at 4096: NFS3ERR_NOSPC" - no prefix, no
				 * full stop */
	char hint[512];		/* what the user can do; may be several lines; "" if nothing */
};

/* Fill *err (NULL is allowed: the text is dropped). Clears the hint. Too long text is cut with
 * "..." at the end. */
void i2n_err_set(struct i2n_err *err, enum i2n_err_domain domain, int64_t code, const char *fmt,
		 ...)
	__attribute__((format(printf, 4, 5)));

/* Fill *err and return rc, for `return i2n_fail(err, I2N_FATAL, ...)`. */
int i2n_fail(struct i2n_err *err, int rc, enum i2n_err_domain domain, int64_t code,
	     const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));

/* Put context before the text: "opening 'x.img': <old text>". */
void i2n_err_wrap(struct i2n_err *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Set the hint, the second line of the message. */
void i2n_err_hint(struct i2n_err *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Say that a SYS error was met while reading the image (or the like). */
void i2n_err_blame(struct i2n_err *err, enum i2n_blame blame);

/* out of memory: domain SYS, ENOMEM; returns I2N_FATAL. */
int i2n_err_nomem(struct i2n_err *err);

#endif
