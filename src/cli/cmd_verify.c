/* cmd_verify.c - `img2nfs verify IMAGE|MANIFEST URL`: is what the server has what the image
 * says? */
#include "img2nfs/manifest.h"

#include "choose_opts.h"
#include "cmd.h"
#include "image.h"
#include "image_json.h"
#include "msg.h"
#include "phases.h"
#include "progress.h"
#include "run_report.h"
#include "server.h"
#include "signals.h"
#include "status.h"
#include "verify_report.h"

#include <string.h>

struct verify_opts {
	struct image_opts image;
	struct server_opts server;
	struct progress_opts progress;
	struct choose_opts choose;
	const char *report;
	bool verbose, json;
};

struct run {
	const struct verify_opts *o;
	struct verify_summary sum;
	struct report report;
	struct verify_told told;
	struct i2n_notes notes;
	struct i2n_nfs_url url;
	struct i2n_nfs_opts nfs;
	struct image image;
	struct confine confine;
	struct choose choose;
	struct i2n_reader *reader;
	struct i2n_manifest *manifest;	/* instead of an image */
	struct i2n_tree *tree;		/* of an image */
	struct i2n_digests digests;	/* the same, where image_digests() makes them */
	struct i2n_sink *sink;
	struct phases phases;
	struct progress_opts progress_opts;
	struct progress progress;
};

static int parse_values(struct run *r, struct i2n_err *err)
{
	if (server_parse(&r->o->server, r->sum.destination, &r->notes, &r->url, &r->nfs,
			 &r->report.allow, err))
		return I2N_FATAL;
	r->nfs.dest = I2N_DEST_EXISTING;
	return choose_init(&r->choose, &r->o->choose, err);
}

/* A manifest says in its first bytes that it is one. */
static int read_manifest(struct run *r, struct i2n_err *err)
{
	struct i2n_source *src;
	int rc;

	/* what is no file may be an image all the same: a pipe, a member of an archive */
	if (i2n_source_open_file(r->sum.source, &src, NULL))
		return I2N_END;
	rc = i2n_manifest_probe(src) ? confine_enter(&r->confine, r->o->image.packed.no_sandbox,
						    &r->notes, err) : I2N_END;
	if (rc == I2N_OK)
		rc = i2n_manifest_read(src, &r->manifest, err);
	i2n_source_free(src);
	if (rc == I2N_OK && choose_is_on(&r->o->choose))
		return i2n_fail(err, I2N_FATAL, I2N_DOM_USAGE, 0,
				"a manifest says itself what should be there and whose it is: give "
				"--exclude and the like when it is made");
	return rc;
}

static int read_image(struct run *r, struct i2n_err *err)
{
	struct image_opts opts = r->o->image;
	int rc;

	confine_server(&r->confine, &r->url);
	rc = read_manifest(r, err);
	if (rc != I2N_END)
		return rc;
	phases_enter(&r->phases, PHASE_OPEN);
	opts.packed.confine = &r->confine;
	if (image_open(&opts, r->sum.source, IMAGE_TREE, &r->progress_opts, &r->notes, &r->image,
		       err))
		return I2N_FATAL;
	phases_enter(&r->phases, PHASE_TREE);
	if (image_tree(&r->image, &r->tree, err))
		return I2N_FATAL;
	r->reader = i2n_fs_reader(r->image.fs);
	if (choose_tree(&r->choose, r->image.rest, r->tree, &r->notes, err))
		return I2N_FATAL;
	return choose_map(&r->choose, r->tree, &r->reader, err);
}

static int compare(struct run *r, struct i2n_err *err)
{
	const struct i2n_tree *tree = r->manifest ? i2n_manifest_tree(r->manifest) : r->tree;
	struct i2n_reader *reader = r->manifest ? i2n_manifest_reader(r->manifest) : r->reader;
	struct i2n_sink_env env = { .tree = tree, .reader = reader, .notes = &r->notes };
	struct i2n_verify_opts opts = { .stop = signals_stop(), .progress = progress_update,
					.ctx = &r->progress, .allow = r->report.allow };
	int rc;

	opts.expect = r->manifest ? i2n_manifest_expect(r->manifest) : NULL;
	signals_catch();
	phases_enter(&r->phases, PHASE_CONNECT);
	if (i2n_sink_open_nfs3(&r->url, &r->nfs, &env, signals_stop(), &r->sink, err))
		return I2N_FATAL;
	phases_enter(&r->phases, PHASE_DIGESTS);
	if (r->image.file && image_digests(&r->image, r->tree, r->reader, &r->progress_opts,
					   &r->digests, err))
		return I2N_FATAL;
	opts.digests = r->digests.has ? &r->digests : NULL;
	opts.is_excluded = r->choose.rules ? choose_excludes : NULL;
	opts.exclude_ctx = r->choose.rules;
	r->sum.ran = true;
	phases_enter(&r->phases, PHASE_VERIFY);
	progress_begin(&r->progress, &r->progress_opts);
	rc = i2n_verify_run(tree, reader, r->sink, &opts, &r->notes, &r->sum.result, err);
	progress_end(&r->progress);
	r->sum.stats = r->sink->stats;
	return rc;
}

static int run_all(struct run *r, struct i2n_err *err)
{
	if (parse_values(r, err) || read_image(r, err))
		return I2N_FATAL;
	if (compare(r, err))
		return I2N_FATAL;
	phases_enter(&r->phases, PHASE_FINISH);
	return r->manifest ? I2N_OK : image_finish(&r->image, err);
}

static void release(struct run *r)
{
	i2n_sink_free(r->sink);
	i2n_digests_release(&r->digests);
	choose_release(&r->choose);
	confine_release(&r->confine);
	i2n_tree_free(r->tree);
	i2n_manifest_free(r->manifest);
	image_release(&r->image);
	i2n_nfs_url_release(&r->url);
	report_release(&r->report);
}

static void tell_error(const struct run *r)
{
	msg_end(r->sum.err);
	if (r->sum.ran)
		msg_line("the verification is incomplete");
}

static void put_json(const struct run *r, struct json *j)
{
	json_status(j, r->sum.status);
	json_error(j, r->sum.err);
	json_bytes(j, "source", r->sum.source, strlen(r->sum.source));
	json_bytes(j, "destination", r->sum.destination, strlen(r->sum.destination));
	verify_json(&r->sum, &r->report, j);
	phases_json(&r->phases, j);
	report_json(&r->report, j);
	image_json(j, &r->image);
}

/* What it came to: on stderr what is wrong, the summary, the report. */
static int end(struct run *r, struct run_report *out)
{
	struct json *j = run_report_json(out);
	int status = r->sum.err ? status_of(r->sum.err) : STATUS_OK;

	phases_enter(&r->phases, PHASE_NONE);
	status = status_worse(report_status(&r->report), status);
	if (r->sum.err)
		tell_error(r);
	if (!r->o->json && !r->o->progress.quiet && r->sum.ran)
		verify_print(&r->sum, &r->report);
	r->sum.status = status_printed(status);
	if (j)
		put_json(r, j);
	return run_report_close(out, r->sum.status);
}

static int exec_verify(const void *values, unsigned n_args, char **args)
{
	const struct verify_opts *o = values;
	struct run r = { .o = o, .report = { .verbose = o->verbose, .quiet = o->progress.quiet } };
	const struct run_report_opts opts = { .command = "verify", .json = o->json,
					      .file = o->report, .image = args[0],
					      .confine = &r.confine };
	int64_t start = progress_now_ms();
	struct i2n_err err = { 0 };
	struct run_report out;
	int status;

	(void)n_args;	/* checked against min_args and max_args */
	r.told = (struct verify_told){ .report = &r.report, .silent = o->json };
	r.notes = (struct i2n_notes){ .fn = verify_note, .ctx = &r.told };
	r.sum = (struct verify_summary){ .source = args[0], .destination = args[1] };
	r.progress_opts = o->progress;
	r.progress_opts.phases = &r.phases;
	if (run_report_open(&out, &opts, &err) || run_all(&r, &err))
		r.sum.err = &err;
	r.sum.ms = (uint64_t)(progress_now_ms() - start);
	status = end(&r, &out);
	release(&r);
	return status;
}

static const struct opt rows[] = {
	IMAGE_ROWS(struct verify_opts, image),
	CHOOSE_ROWS(struct verify_opts, choose),
	SERVER_ROWS(struct verify_opts, server, "; only 0 may read everything",
		    "as for extract; attr: other modes, owners and times are no differences",
		    "300"),
	SERVER_FLOW_ROWS(struct verify_opts, server),
	PROGRESS_ROWS(struct verify_opts, progress,
		      "no progress and no summary, only the differences"),
	{ .name = "verbose",
	  .letter = 'v',
	  .type = OPT_FLAG,
	  .off = offsetof(struct verify_opts, verbose),
	  .help = "show requests by procedure, and every note" },
	{ .name = "json",
	  .type = OPT_FLAG,
	  .off = offsetof(struct verify_opts, json),
	  .help = "differences and summary as one JSON object" },
	REPORT_ROW(struct verify_opts, report),
	{ 0 },
};

const struct i2n_cmd cmd_verify = {
	.name = "verify",
	.args = "IMAGE|MANIFEST URL",
	.line = "compare what a server has with an image or a manifest",
	.min_args = 2,
	.max_args = 2,
	.opts = rows,
	.opts_size = sizeof(struct verify_opts),
	.exec = exec_verify,
};
