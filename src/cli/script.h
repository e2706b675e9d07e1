/* script.h - what a server that squashes root leaves undone, as a POSIX shell script and as an
 * mtree specification.
 *
 * The script is run once, as root, on the server: `sh FILE DIRECTORY`. It makes the devices, gives
 * every object its owner, then its mode (giving away a file takes its set-ID bits off), then its
 * capabilities, then sets those times that were changed by that or could not be set over NFS. It
 * refuses a directory that does not hold what the image's root holds. Times need a touch(1) that
 * knows -h and fractions of seconds in -d: GNU, FreeBSD, macOS.
 *
 * FILE.mtree, beside it, lists the whole tree as it shall be, for mtree(8) or bsdtar(1).
 *
 * Trust: names are quoted so that no byte of them means anything to the shell, and begin with
 * "./". */
#ifndef CLI_SCRIPT_H
#define CLI_SCRIPT_H

#include "img2nfs/reader.h"

#include "out_file.h"

/* tree: as it shall be. The files are open, and closed by it. */
int script_write(struct out_file *script, struct out_file *mtree, const struct i2n_tree *tree,
		 struct i2n_reader *reader, struct i2n_err *err);

#endif
