/* stage.h - store a tree while its image is still coming in: what has gone by goes to the server.
 *
 * A stream (packed.h) brings the file system from its first byte to its last. Now and then the part
 * of the tree that has come, with all that it needs, is taken for a tree, and the engine stores
 * what of it is not there yet; that is a stage. The last stage is over the whole tree: it stores
 * the rest and sets the attributes of the directories. Each stage runs while the stream goes on.
 *
 *	i2n_stage_first(fs, &opts, &tree, &err)		I2N_OK: tree is a part; I2N_END: do without
 *	open a sink over tree
 *	i2n_stage_run(&job, &opts, &progress, &err)
 *
 * In a damaged image a name may prove to be another's, or to be nowhere, when more of it has come:
 * what was stored for it is removed again.
 *
 * Thread:    one.
 * Ownership: the tree stays the caller's; its content is exchanged from stage to stage, and it is
 *            the whole tree afterwards.
 * Notes:     of the image, and losses that the plan foresees: once, in the last stage. Of the sink
 *            and the engine: when they happen.
 * Memory:    twice the tree, 2 bytes per dirent and 10 per inode; in the sink a handle per
 *            directory and per inode with several names, to the end. */
#ifndef IMG2NFS_STAGE_H
#define IMG2NFS_STAGE_H

#include "img2nfs/engine.h"
#include "img2nfs/fs.h"

struct i2n_stage_opts {
	const volatile int *stop;	/* NULL: cannot be stopped */
	/* Some times a second while nothing goes on but the stream. p: as far as the stages came,
	 * NULL: there was none. May be NULL. */
	void (*on_wait)(void *ctx, const struct i2n_progress *p);
	/* Of i2n_stage_first(): is this part enough to begin with? It may be looked at only. NULL:
	 * any is. */
	bool (*is_enough)(void *ctx, const struct i2n_tree *tree);
	void *ctx;
};

/* Wait until a part of the tree is there that is enough, if anything is still to come. I2N_END:
 * nothing is, or nothing can be said before all has come; then *ret is not set. */
int i2n_stage_first(struct i2n_fs *fs, const struct i2n_stage_opts *opts, struct i2n_tree **ret,
		    struct i2n_err *err);

struct i2n_stage_job {
	struct i2n_fs *fs;
	struct i2n_tree *tree;		/* what i2n_stage_first() gave, edited; the sink has its
					 * address */
	struct i2n_reader *reader;	/* of all of the trees; the sink has it, too */
	struct i2n_sink *sink;		/* over an empty destination */
	const struct i2n_notes *notes;
	const struct i2n_engine_opts *engine;	/* without `have` */
	/* What was done to the first tree is done to all others. Notes are given with the last one
	 * only, which may also get edits that change or remove what has been stored. May be
	 * NULL. */
	int (*edit)(void *ctx, struct i2n_tree *tree, const struct i2n_notes *notes,
		    struct i2n_err *err);
	void *ctx;
};

/* As i2n_engine_run() over the whole tree. Errors: also those of the image. */
int i2n_stage_run(const struct i2n_stage_job *job, const struct i2n_stage_opts *opts,
		  struct i2n_progress *ret, struct i2n_err *err);

/* A reader of what another one reads, which may become yet another one between stages, when no file
 * is open. Freed with i2n_relay_free(), which accepts NULL; not what is behind it. */
int i2n_relay_new(struct i2n_reader *behind, struct i2n_reader **ret, struct i2n_err *err);
void i2n_relay_set(struct i2n_reader *relay, struct i2n_reader *behind);
void i2n_relay_free(struct i2n_reader *relay);

#endif
