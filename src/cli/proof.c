#include "proof.h"

#include "img2nfs/manifest.h"

#include "choose_opts.h"
#include "signals.h"

int proof_verify(const struct proof_args *args, struct verify_summary *ret, struct i2n_err *err)
{
	struct verify_told told = { .report = args->report, .silent = args->silent,
				    .prefix = args->prefix };
	struct i2n_notes notes = { .fn = verify_note, .ctx = &told };
	struct i2n_sink_env env = { .tree = args->tree, .reader = args->reader, .notes = &notes };
	struct i2n_nfs_opts nfs = *args->nfs;
	struct progress progress;
	struct i2n_verify_opts opts = { .stop = signals_stop(), .progress = progress_update,
					.ctx = &progress, .allow = args->report->allow,
					.digests = args->digests,
					.is_excluded = args->rules ? choose_excludes : NULL,
					.exclude_ctx = (void *)(uintptr_t)args->rules,
					.others = args->others };
	int64_t start = progress_now_ms();
	struct i2n_sink *sink;
	int rc;

	nfs.dest = I2N_DEST_EXISTING;
	nfs.check = NULL;
	rc = i2n_sink_open_nfs3(args->url, &nfs, &env, signals_stop(), &sink, err);
	if (rc != I2N_OK)
		return rc;
	if (args->lock)
		run_lock_watch(args->lock, sink);
	ret->ran = true;
	progress_begin(&progress, args->progress);
	rc = i2n_verify_run(args->tree, args->reader, sink, &opts, &notes, &ret->result, err);
	progress_end(&progress);
	ret->stats = sink->stats;
	ret->ms = (uint64_t)(progress_now_ms() - start);
	if (args->lock)
		run_lock_watch(args->lock, NULL);
	i2n_sink_free(sink);
	return rc;
}

/* What is damaged has been told by the run itself. */
static void note_once(void *ctx, const struct i2n_note *note)
{
	if (note->kind != I2N_NOTE_DAMAGED)
		report_note(ctx, note);
}

int proof_manifest(const struct proof_args *args, struct out_file *out, struct i2n_err *err)
{
	struct i2n_notes notes = { .fn = note_once, .ctx = args->report };
	int rc = i2n_manifest_write(out->f, args->tree, args->reader, signals_stop(), &notes, err);
	int closed = out_file_close(out, rc == I2N_OK, err);

	return rc == I2N_OK ? closed : rc;
}
