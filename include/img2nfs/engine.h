/* engine.h - carry out a plan: the only loop of the program.
 *
 * Directories first, each as soon as its parent has an object; files as soon as their directory has
 * one, else in disk order; links as soon as their target is stored; a directory's mode and times
 * when all in it is stored, directories only made. Nothing else waits. Runs until all is done,
 * something fatal happens or *stop is set. */
#ifndef IMG2NFS_ENGINE_H
#define IMG2NFS_ENGINE_H

#include "img2nfs/plan.h"
#include "img2nfs/sink.h"

/* What the destination has in the place of a dirent. */
enum i2n_have_verdict {
	I2N_HAVE_NOTHING,	/* make it */
	I2N_HAVE_EQUAL,		/* leave it alone; its object is needed only for directories and
				 * LINKs to make */
	I2N_HAVE_ATTRS,		/* right but for mode, owner or times: set them */
	I2N_HAVE_OTHER,		/* no directory, and wrong: make ours beside it and rename it
				 * over */
	I2N_HAVE_PROTECTED,	/* leave it alone, whatever it is; all below it is PROTECTED too */
	I2N_HAVE_BLOCKED,	/* in the way and not to be removed, told already: fails */
};

enum i2n_have_dir {
	I2N_HAVE_TOUCHED = 1 << 0,	/* its times have been disturbed: settle it whatever the
					 * verdict */
	I2N_HAVE_LATER = 1 << 1,	/* settled by the caller after the run; its object is not
					 * released */
};

/* What is there, for a run that brings a tree up to date. The engine takes the objects over, but
 * those of LATER. */
struct i2n_have {
	unsigned char *verdicts;	/* by dirent, and one more: the root, EQUAL or ATTRS */
	unsigned char *dirs;		/* by inode: enum i2n_have_dir */
	i2n_obj *objs;			/* by inode, or I2N_OBJ_NONE */
	/* All of it was made by runs before this one through the same sink: a name that the tree
	 * has and they did not make is taken by nobody. */
	bool is_ours;
	/* A run over a larger tree will follow: the outcome is left here, EQUAL or BLOCKED, and the
	 * objects of LATER, which may be files then, too. */
	bool goes_on;
};

/* What we make beside something begins so; a later run removes what an interrupted one left of
 * it. */
#define I2N_BESIDE_PREFIX ".img2nfs-tmp-"

struct i2n_progress {
	struct i2n_totals total, done;
	bool is_partial;		/* `total` is what is known so far (goes_on) */
	uint64_t equal, mended, replaced;	/* of done: left alone, attributes set, renamed over
						 * others */
	uint64_t failed;		/* objects not stored, those below a failed directory
					 * included */
	uint64_t left;			/* after a stop: objects neither stored nor failed */
	uint64_t written;		/* file data acknowledged by the sink, for the rate */
	uint64_t requests;
};

struct i2n_engine_opts {
	const volatile int *stop;	/* set to a signal number by the handler; NULL = cannot be
					 * stopped */
	/* Called a few times a second at most, and once at the end. */
	void (*progress)(void *ctx, const struct i2n_progress *p);
	void *ctx;
	unsigned max_ops;		/* ops submitted at a time; 0 = 2048 */
	/* How many may be under way now, at least 1; asked often. NULL: as many as the sink
	 * takes. */
	unsigned (*pace)(void *ctx, const struct i2n_progress *p);
	void *pace_ctx;
	struct i2n_have *have;		/* NULL: the destination is empty */
	bool root_later;		/* the caller settles the root: i2n_settle_root() */
};

/* *ret is filled in all cases. I2N_OK: every object was stored or has been noted as FAILED.
 * I2N_FATAL: err says why. */
int i2n_engine_run(const struct i2n_plan *plan, struct i2n_reader *reader, struct i2n_sink *sink,
		   const struct i2n_notes *notes, const struct i2n_engine_opts *opts,
		   struct i2n_progress *ret, struct i2n_err *err);

#endif
