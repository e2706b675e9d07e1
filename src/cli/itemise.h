/* itemise.h - what a run would change, one line per object, as `rsync --itemize-changes` prints
 * it. */
#ifndef CLI_ITEMISE_H
#define CLI_ITEMISE_H

#include "img2nfs/update.h"

#define ITEM_LEN 11

/* ">f.st......", "cd+++++++++", "cL..t......": the verdict on a dirent of this inode. "" when
 * nothing is to be done. */
const char *item_text(const struct i2n_inode *in, bool is_link, enum i2n_have_verdict verdict,
		      unsigned differs,
		      char buf[ITEM_LEN + 1]);

/* All of it on stdout; deletions with `deleting`, but for what is_protected() says. Names are
 * escaped. */
int itemise(const struct i2n_survey *s, bool deleting, const struct i2n_survey_opts *opts,
	    struct i2n_err *err);

#endif
