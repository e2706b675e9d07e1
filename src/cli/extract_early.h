/* extract_early.h - what an extraction begins with before all of the image has come.
 *
 * The part of the tree that has come is stored as it is, in stages (stage.h). With edits of the
 * root what lies in /etc waits for the last stage, in which the whole tree is edited; what they
 * change elsewhere is then stored again. So that a refusal comes before anything is written, the
 * edits are tried on the part, in memory, until they succeed.
 *
 * Thread:    the run's. */
#ifndef CLI_EXTRACT_EARLY_H
#define CLI_EXTRACT_EARLY_H

#include "img2nfs/stage.h"

struct run;

/* r->tree: all of it, or, with r->is_staged, a part. */
int early_read_tree(struct run *r, struct i2n_err *err);

/* i2n_stage_job.edit, and for the first part. ctx: the run. */
int early_edit(void *ctx, struct i2n_tree *tree, const struct i2n_notes *notes,
	       struct i2n_err *err);

struct i2n_stage_opts early_stage_opts(struct run *r);

#endif
