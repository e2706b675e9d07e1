/* msg.h - what is said on stderr. Everything but results goes through here, so that a progress line
 * never mixes with it.
 *
 * Trust: the texts must be quoted already (name.h). */
#ifndef CLI_MSG_H
#define CLI_MSG_H

#include "img2nfs/err.h"

/* What this thread says from now on is about one of several destinations: its name, which must live
 * as long, stands in front. NULL: about all. */
void msg_about(const char *name);

/* "img2nfs: " and the line. From any thread. */
void msg_line(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* The error's message; its hint follows on lines of their own, indented. */
void msg_error(const struct i2n_err *err);

/* What ended a run: the error, or the signal that stopped it. */
void msg_end(const struct i2n_err *err);

/* A passing line at the bottom of a terminal, rewritten in place; the next message replaces it. ""
 * takes it away. It must fit the terminal's width. */
void msg_passing(const char *text);

#endif
