/* engine.h - carry out a plan: the only loop of the program.
 *
 * Directories first, each as soon as its parent has an object; files as soon as their directory has one, else in disk
 * order; links as soon as their target is stored; a directory's mode and times when all its children are done. Nothing
 * else waits. Runs until all is done, something fatal happens or *stop is set. */
#ifndef IMG2NFS_ENGINE_H
#define IMG2NFS_ENGINE_H

#include "img2nfs/plan.h"
#include "img2nfs/sink.h"

struct i2n_progress {
	struct i2n_totals total, done;
	uint64_t failed;		/* objects not stored, those below a failed directory included */
	uint64_t left;			/* after a stop: objects neither stored nor failed */
	uint64_t written;		/* file data acknowledged by the sink, for the rate */
	uint64_t requests;
};

struct i2n_engine_opts {
	const volatile int *stop;	/* set to a signal number by the handler; NULL = cannot be stopped */
	/* Called a few times a second at most, and once at the end. */
	void (*progress)(void *ctx, const struct i2n_progress *p);
	void *ctx;
	unsigned max_ops;		/* ops submitted at a time; 0 = 256 */
};

/* *ret is filled in all cases. I2N_OK: every object was stored or has been noted as FAILED. I2N_FATAL: err says why. */
int i2n_engine_run(const struct i2n_plan *plan, struct i2n_reader *reader, struct i2n_sink *sink,
		   const struct i2n_notes *notes, const struct i2n_engine_opts *opts, struct i2n_progress *ret,
		   struct i2n_err *err);

#endif
