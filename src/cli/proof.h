/* proof.h - after a run of extract: read everything back (--verify), keep a manifest
 * (--manifest). */
#ifndef CLI_PROOF_H
#define CLI_PROOF_H

#include "out_file.h"
#include "progress.h"
#include "run_lock.h"
#include "verify_report.h"

struct proof_args {
	const struct i2n_nfs_url *url;
	const struct i2n_nfs_opts *nfs;		/* as the tree was stored */
	const struct i2n_tree *tree;
	struct i2n_reader *reader;
	const struct i2n_digests *digests;	/* or NULL, see image_digests() */
	struct report *report;
	const struct progress_opts *progress;
	bool silent;				/* differences only go to the report */
	struct run_lock *lock;			/* held meanwhile, or NULL */
	const struct i2n_rules *rules;		/* that the tree was chosen by, or NULL */
	bool others;				/* see verify.h */
	const char *prefix;			/* of paths that are told, or NULL */
};

/* Over a new connection, so that nothing of the run is known to it. */
int proof_verify(const struct proof_args *args, struct verify_summary *ret, struct i2n_err *err);

/* out: open, and closed by it. */
int proof_manifest(const struct proof_args *args, struct out_file *out, struct i2n_err *err);

#endif
