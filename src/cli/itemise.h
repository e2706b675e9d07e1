/* itemise.h - what a run would change, one line per object, as `rsync --itemize-changes` prints
 * it. */
#ifndef CLI_ITEMISE_H
#define CLI_ITEMISE_H

#include "img2nfs/reader.h"
#include "img2nfs/update.h"

#include "extract_update.h"
#include "json.h"

#define ITEM_LEN 11

/* ">f.st......", "cd+++++++++", "cL..t......": the verdict on a dirent of this inode. "" when
 * nothing is to be done. */
const char *item_text(const struct i2n_inode *in, bool is_link, enum i2n_have_verdict verdict,
		      unsigned differs,
		      char buf[ITEM_LEN + 1]);

struct itemise {
	const struct i2n_survey *survey;
	struct i2n_reader *reader;	/* for the targets of symlinks */
	const struct update_opts *opts;
	struct json *json;		/* an open object that gets a member "changes", or NULL */
	bool lines;			/* on stdout, names escaped */
};

/* All of it; deletions where opts want them, but for what is protected. */
int itemise(const struct itemise *it, struct i2n_err *err);

#endif
