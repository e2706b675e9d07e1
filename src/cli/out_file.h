/* out_file.h - a file that the user named for us to write: it is there whole, or as it was.
 *
 * It is written as PATH.partN in the same folder and renamed at the end. What is no regular file (a
 * pipe, a terminal), and what lies below /dev, is written in place. A symbolic link is followed. A
 * disk is refused. A second ctrl-C (signals.h) removes it.
 *
 * Thread:    the program's first one.
 * Ownership: out_file_close() releases all; it accepts a zeroed struct. `path` must live as long.
 * Errors:    domain SYS, blame LOCAL: "cannot write 'x': ...". */
#ifndef CLI_OUT_FILE_H
#define CLI_OUT_FILE_H

#include "img2nfs/err.h"

#include <stdio.h>

struct out_file {
	const char *path;	/* as given */
	FILE *f;		/* for the user of this struct to write to; NULL: not open */
	char *to, *part;	/* where it goes, and under which name until then; NULL: in place */
};

/* Nothing is at PATH that was not there before, until it is closed. */
int out_file_open(struct out_file *o, const char *path, struct i2n_err *err);

/* keep: put it in its place, if all of it could be written. Else it is gone. */
int out_file_close(struct out_file *o, bool keep, struct i2n_err *err);

/* Are these the same file? false where one of them is none. */
bool out_file_is(const char *path, const char *other);

#endif
