/* note.h - what a layer has to tell the user while it goes on working.
 *
 * A failure that ends a call travels in struct i2n_err. Everything else that a user must hear of -
 * an object that is damaged and left out, a property the server cannot hold, a wait for the server
 * - is a note. Notes are handed to one callback (src/cli counts, lists and prints them); layers
 * never print.
 *
 * Thread:    notes are given from the thread that runs the layer.
 * Ownership: everything a note points at is valid only during the callback.
 * Trust:     `path` holds raw bytes from the image; the receiver escapes them. `text` is already
 *            quoted. */
#ifndef IMG2NFS_NOTE_H
#define IMG2NFS_NOTE_H

#include <stddef.h>

enum i2n_note_kind {
	I2N_NOTE_DAMAGED,	/* this object of the image is wrong and was left out (exit status
				 * 5) */
	I2N_NOTE_LOSS,		/* this property cannot be kept there; `cls` is a class of loss.h
				 * (exit status 1) */
	I2N_NOTE_FAILED,	/* the server did not take this object; the run goes on (exit status
				 * 4) */
	/* what a verification found otherwise than it should be; `cls` is a word of verify.h (6) */
	I2N_NOTE_DIFFERS,
	I2N_NOTE_WARN,		/* worth knowing; no influence on the exit status */
	I2N_NOTE_INFO,		/* shown with -v */
	I2N_NOTE_STATE,		/* passing: "server does not answer, trying again in 4 s" */
};

/* The class of a note about trust, which comes with every connection: once is enough for people. */
#define I2N_NOTE_AUTH_SYS "auth-sys"

struct i2n_note {
	enum i2n_note_kind kind;
	/* short stable word for grouping and JSON: "acl", "dirent", "checksum", ... never NULL */
	const char *cls;
	const char *path;	/* path in the image without leading slash, or NULL; not
				 * NUL-terminated text */
	size_t path_len;
	const char *text;	/* one line, lower case, no full stop */
};

typedef void i2n_note_fn(void *ctx, const struct i2n_note *note);

struct i2n_notes {
	i2n_note_fn *fn;	/* NULL: notes are dropped */
	void *ctx;
};

/* Format and hand over. notes may be NULL. path may be NULL. */
void i2n_note(const struct i2n_notes *notes, enum i2n_note_kind kind, const char *cls,
	      const char *path,
	      size_t path_len, const char *fmt, ...) __attribute__((format(printf, 6, 7)));

#endif
