/* extract_run.h - one run of `extract`, and several over one image.
 *
 * The steps are in cmd_extract.c, in the order of this list; extract_boards.c takes them for
 * several destinations.
 *
 * Thread:    run_open_sink() to run_unlock() in one thread for each run.
 * Ownership: run_release() frees all; it accepts a zeroed struct.
 * Errors:    I2N_FATAL ends the run; err says why. */
#ifndef CLI_EXTRACT_RUN_H
#define CLI_EXTRACT_RUN_H

#include "img2nfs/check.h"

#include "confine.h"
#include "extract_atomic.h"
#include "extract_boot.h"
#include "extract_dest.h"
#include "extract_many.h"
#include "extract_opts.h"
#include "extract_report.h"
#include "out_file.h"
#include "phases.h"
#include "proof.h"
#include "run_report.h"
#include "unproven.h"

#define RUN_VALUES 6

/* What this machine's files get of a run; those that are not wanted are not open. */
struct run_files {
	struct out_file tar, manifest, card, script, mtree;
	char *mtree_name;
};

/* One run, from the words of the command line to the report. */
struct run {
	const struct extract_opts *o;
	struct extract_result result;
	struct report report;
	struct i2n_notes notes;
	struct dest dest;
	struct run_files files;
	struct i2n_nfs_url url;
	const struct i2n_nfs_url *at;	/* where the tree is built */
	struct atomic atomic;
	struct update_opts update;
	struct i2n_nfs_opts nfs;
	struct i2n_check check;
	struct confine confine;	/* of the run that opens the image */
	struct image *image;	/* own_image, or that of all runs */
	struct image own_image;
	struct i2n_tree *tree;
	struct i2n_reader *reader;	/* of tree */
	struct i2n_reader *relay;	/* with is_staged: that is `reader` */
	struct choose choose;
	struct netboot_run netboot;
	struct boot_run boot;
	bool is_staged;		/* tree is a part, and the rest is still coming in */
	struct i2n_sink *sink;
	struct run_lock lock;
	struct unproven unproven;
	struct i2n_plan *plan;
	struct phases phases;
	struct progress_opts progress_opts;
	struct progress progress;
	struct verify_summary proof;
	struct i2n_digests digests;	/* where image_digests() makes them */
	struct json *json;	/* with --json and --report; else NULL */
	struct i2n_err err;
	int rc;
	int64_t start_ms;
	/* one of several destinations: */
	const char *name;		/* NULL: there is one */
	struct extract_opts own;	/* what `o` is then */
	char *values[RUN_VALUES];	/* of it */
	struct i2n_share *share;	/* NULL: one after the other */
	unsigned i;			/* in share */
	struct many_progress_part *part;
};

/* Of a zeroed struct. */
void run_init(struct run *r, const struct extract_opts *o, const char *image,
	      const char *destination);
/* All that can be wrong with the command line, before anything is opened. */
int run_parse(struct run *r, struct i2n_err *err);
/* Open what will be written, and say what else it will open and speak to when the image is read. */
int run_confine(struct run *r, struct confine *c, struct i2n_err *err);
/* What was not closed goes, as if it had never been. */
void run_close_files(struct run *r);
int run_open_image(struct run *r, struct image *image, struct i2n_err *err);
/* With tree and reader: what of it is meant; the edits of the root; the boot files, with theirs. */
int run_edit(struct run *r, struct i2n_err *err);
/* After those: what a server could not hold as it is, and whose it is to be. */
int run_edit_tree(struct run *r, struct i2n_tree *tree, const struct i2n_notes *notes,
		  struct i2n_err *err);
int run_open_sink(struct run *r, struct i2n_err *err);
int run_store(struct run *r, struct i2n_err *err);
int run_finish_image(struct run *r, struct i2n_err *err);
/* What was stored is good now. */
int run_proved(struct run *r, struct i2n_err *err);
int run_unlock(struct run *r, struct i2n_err *err);
int run_prove(struct run *r, struct i2n_err *err);
int run_swap(struct run *r, struct i2n_err *err);
int run_store_boot(struct run *r, struct i2n_err *err);
/* However it ends (`rc`, `err`), the lock is removed, and requests are counted. */
void run_end_locked(struct run *r);
/* What it came to; on stderr what is wrong. */
void run_end(struct run *r);
/* The summary, on stdout and in json. */
void run_print(struct run *r);
void run_release(struct run *r);

/* What a report is wanted of `extract`. */
struct run_report_opts run_report_opts(const struct extract_opts *o, const char *image,
				       struct confine *confine);

/* Several destinations; the exit status. */
int boards_exec(const struct extract_opts *o, const char *image, const struct many *many);

#endif
