#include "img2nfs/check.h"
#include "img2nfs/edit.h"
#include "img2nfs/engine.h"
#include "img2nfs/loss.h"
#include "img2nfs/name.h"

#include "cmd.h"
#include "extract_report.h"
#include "extract_update.h"
#include "image.h"
#include "msg.h"
#include "progress.h"
#include "proof.h"
#include "report.h"
#include "script.h"
#include "server.h"
#include "signals.h"
#include "status.h"

#include <stdlib.h>
#include <string.h>

struct extract_opts {
	struct image_opts image;
	struct server_opts server;
	struct progress_opts progress;
	uint64_t write_size;
	unsigned caps, squashed;
	const char *script, *manifest;
	bool verbose, json, no_check, verify;
	struct update_opts update;
};

enum { CAPS_FAIL, CAPS_DROP, CAPS_SETUID };
enum { SQUASHED_FAIL, SQUASHED_SCRIPT };

/* One run, from the words of the command line to the report. */
struct run {
	const struct extract_opts *o;
	struct extract_result result;
	struct report report;
	struct i2n_notes notes;
	bool to_null;
	struct i2n_nfs_url url;
	struct i2n_nfs_opts nfs;
	struct i2n_check check;
	struct image image;
	struct i2n_tree *tree;
	struct i2n_sink *sink;
	struct i2n_plan *plan;
	struct progress progress;
	struct verify_summary proof;
};

/* All that can be wrong with the command line, before anything is opened. */
static int parse_values(struct run *r, struct i2n_err *err)
{
	const struct extract_opts *o = r->o;

	r->to_null = !strcmp(r->result.destination, "null:");
	if (server_parse(&o->server, r->to_null ? NULL : r->result.destination, &r->notes, &r->url,
			 &r->nfs, &r->report.allow, err) || update_check(&o->update, err))
		return I2N_FATAL;
	r->nfs.write_size = o->write_size == OPT_UNSET ? 0 : (unsigned)o->write_size;
	r->nfs.dest = o->update.dry_run ? I2N_DEST_EXISTING :
		      o->update.update	? I2N_DEST_UPDATE :
					  I2N_DEST_NEW;
	if (o->caps == CAPS_DROP)
		r->report.allow |= I2N_LOSS_CAPS;
	if (o->squashed == SQUASHED_SCRIPT && o->no_check)
		return i2n_fail(err, I2N_FATAL, I2N_DOM_USAGE, 0,
				"options '--squashed=script' and '--no-check' exclude each other");
	if (r->to_null && o->verify)
		return i2n_fail(err, I2N_FATAL, I2N_DOM_USAGE, 0,
				"option '--verify': there is nothing to verify at null:");
	if (o->update.dry_run && (o->json || o->verify || o->manifest))
		return i2n_fail(err, I2N_FATAL, I2N_DOM_USAGE, 0,
				"option '--dry-run' excludes --json, --verify and --manifest");
	if (r->to_null && o->update.update)
		return i2n_fail(err, I2N_FATAL, I2N_DOM_USAGE, 0,
				"option '--update': there is nothing to update at 'null:'");
	return I2N_OK;
}

static int read_image(struct run *r, struct i2n_err *err)
{
	if (image_open(&r->o->image, r->result.image, &r->notes, &r->image, err))
		return I2N_FATAL;
	if (i2n_fs_tree(r->image.fs, &r->tree, err))
		return I2N_FATAL;
	return r->o->caps == CAPS_SETUID ? i2n_edit_caps_to_setuid(r->tree, &r->notes,
								   err) : I2N_OK;
}

/* A finding is a forecast, which the user may doubt. */
static void hint_no_check(const struct run *r, struct i2n_err *err)
{
	struct i2n_err old = *err;

	for (unsigned i = 0; i < I2N_CHECKS; i++)
		if (r->check.findings[i].state == I2N_CHECK_FAIL) {
			i2n_err_hint(
				err,
				"%s%s'img2nfs check' tells more; --no-check goes on all the same",
				old.hint, old.hint[0] ? "\n" : "");
			return;
		}
}

/* Store what the server takes from a squashed user, and leave the rest to a script. The sink knows
 * the tree by its address, so the new one moves in there. */
static int leave_to_script(struct run *r, struct i2n_err *err)
{
	struct i2n_tree *reduced, full;

	if (!r->check.squashed)
		return I2N_OK;
	if (script_write(r->o->script, r->tree, r->image.fs, err) ||
	    i2n_edit_squashed(r->tree, r->check.uid, r->check.gid, &r->notes, &reduced, err))
		return I2N_FATAL;
	full = *r->tree;
	*r->tree = *reduced;
	*reduced = full;
	i2n_tree_free(reduced);
	msg_line("root is squashed on the server: when this is done, run there as root: "
		 "sh %s DIRECTORY", r->o->script);
	return I2N_OK;
}

/* From here on a signal is an orderly end, because the server may have been changed. */
static int open_sink(struct run *r, struct i2n_err *err)
{
	struct i2n_reader *reader = i2n_fs_reader(r->image.fs);
	struct i2n_sink_env env = { .tree = r->tree, .reader = reader, .notes = &r->notes };

	signals_catch();
	i2n_needs_of(r->tree, i2n_fs_info(r->image.fs)->used, &r->check.needs);
	if (r->o->update.update)	/* what is there already needs no room */
		r->check.needs.bytes = r->check.needs.inodes = 0;
	r->nfs.check = r->o->no_check ? NULL : &r->check;
	r->check.allow_squash = r->o->squashed == SQUASHED_SCRIPT;
	if (r->to_null ? i2n_sink_open_null(&env, &r->sink, err) :
	    i2n_sink_open_nfs3(&r->url, &r->nfs, &env, signals_stop(), &r->sink, err)) {
		hint_no_check(r, err);
		return I2N_FATAL;
	}
	if (leave_to_script(r, err))
		return I2N_FATAL;
	return i2n_plan_make(r->tree, reader, r->sink->caps, &r->notes, &r->plan, err);
}

static int store(struct run *r, struct i2n_err *err)
{
	struct i2n_engine_opts opts = { .stop = signals_stop(), .progress = progress_update,
					.ctx = &r->progress };
	int rc;

	r->result.ran = !r->o->update.dry_run;
	progress_begin(&r->progress, &r->o->progress);
	if (r->o->update.update)
		rc = update_store(&r->o->update, r->plan, i2n_fs_reader(r->image.fs), r->sink,
				  &r->notes, &opts, &r->result.update, &r->result.at, err);
	else
		rc = i2n_engine_run(r->plan, i2n_fs_reader(r->image.fs), r->sink, &r->notes, &opts,
				    &r->result.at, err);
	progress_end(&r->progress);
	return rc;
}

static int prove(struct run *r, struct i2n_err *err)
{
	const struct extract_opts *o = r->o;
	struct proof_args args = {
		.url = &r->url, .nfs = &r->nfs, .tree = r->tree,
		.reader = i2n_fs_reader(r->image.fs), .report = &r->report, .silent = o->json,
		.progress = &o->progress,
	};

	r->result.proof = &r->proof;
	if (o->manifest && proof_manifest(&args, o->manifest, err))
		return I2N_FATAL;
	return o->verify ? proof_verify(&args, &r->proof, err) : I2N_OK;
}

/* The order is the promise: nothing is asked of the server before the image has proved readable,
 * and nothing is written before all refusals have had their chance. */
static int run_all(struct run *r, struct i2n_err *err)
{
	if (parse_values(r, err) || read_image(r, err) || open_sink(r, err))
		return I2N_FATAL;
	return store(r, err) ? I2N_FATAL : prove(r, err);
}

static void release(struct run *r)
{
	i2n_plan_free(r->plan);
	i2n_sink_free(r->sink);
	i2n_tree_free(r->tree);
	image_release(&r->image);
	i2n_nfs_url_release(&r->url);
	report_release(&r->report);
}

static int exec_extract(const void *values, unsigned n_args, char **args)
{
	const struct extract_opts *o = values;
	struct run r = { .o = o, .report = { .verbose = o->verbose, .quiet = o->progress.quiet } };
	struct extract_result *res = &r.result;
	struct i2n_err err = { 0 };
	int64_t start = progress_now_ms();

	(void)n_args;	/* checked against min_args and max_args */
	r.notes = (struct i2n_notes){ .fn = report_note, .ctx = &r.report };
	*res = (struct extract_result){ .image = args[0], .destination = args[1] };
	if (run_all(&r, &err))
		res->err = &err;
	res->ms = (uint64_t)(progress_now_ms() - start);
	if (r.sink)
		res->stats = r.sink->stats;
	res->part_no = r.image.picked && r.image.pick.part ? r.image.pick.part->part_no : 0;
	res->status =
		status_worse(report_status(&r.report), res->err ? status_of(&err) : STATUS_OK);
	extract_tell(res, &r.report);
	if (o->json)
		extract_json(res, &r.report);
	else if (!o->progress.quiet && res->ran)
		extract_print(res, &r.report);
	release(&r);
	return res->status;
}

static const struct opt rows[] = {
	IMAGE_ROWS(struct extract_opts, image),
	SERVER_ROWS(struct extract_opts, server, "; owners are only kept for 0",
		    "what may be lost without the run being called incomplete: xattr, acl, caps, "
		    "chattr, time-range, symlink-times, attr, encrypted, name or all", "300"),
	{ .name = "caps",
	  .type = OPT_WORD,
	  .off = offsetof(struct extract_opts, caps),
	  .arg = "POLICY",
	  .words = "fail|drop|setuid",
	  .def = "fail",
	  .help = "what becomes of file capabilities: their loss is told in the exit status, is "
		  "accepted, or programs of root that have some become set-user-ID" },
	{ .name = "squashed",
	  .type = OPT_WORD,
	  .off = offsetof(struct extract_opts, squashed),
	  .arg = "POLICY",
	  .words = "fail|script",
	  .def = "fail",
	  .help = "what to do where the server squashes root: refuse, or store what it takes and "
		  "write a script that does the rest there" },
	{ .name = "script",
	  .type = OPT_STRING,
	  .off = offsetof(struct extract_opts, script),
	  .arg = "FILE",
	  .def = "img2nfs-complete.sh",
	  .help = "where --squashed=script writes it; FILE.mtree lists the tree" },
	{ .name = "verify",
	  .type = OPT_FLAG,
	  .off = offsetof(struct extract_opts, verify),
	  .help = "afterwards read everything back and compare it, as img2nfs verify does" },
	{ .name = "manifest",
	  .type = OPT_STRING,
	  .off = offsetof(struct extract_opts, manifest),
	  .arg = "FILE",
	  .help = "afterwards write what img2nfs manifest prints into FILE" },
	{ .name = "update",
	  .type = OPT_FLAG,
	  .off = offsetof(struct extract_opts, update.update),
	  .help = "the destination may hold something: leave alone what is equal, replace what "
		  "differs, finish what was interrupted" },
	{ .name = "checksum",
	  .type = OPT_FLAG,
	  .off = offsetof(struct extract_opts, update.checksum),
	  .help = "with --update: read files of the right size back and compare their content" },
	{ .name = "delete",
	  .type = OPT_FLAG,
	  .off = offsetof(struct extract_opts, update.delete_extra),
	  .help = "with --update: delete what the image does not have" },
	{ .name = "protect",
	  .type = OPT_STRING,
	  .off = offsetof(struct extract_opts, update.protect),
	  .arg = "GLOB,...",
	  .help = "with --update: leave alone what is there and matches, with all below it" },
	{ .name = "dry-run",
	  .type = OPT_FLAG,
	  .off = offsetof(struct extract_opts, update.dry_run),
	  .help = "with --update: print what would be done, as rsync's --itemize-changes, and "
		  "change nothing" },
	{ .name = "no-check",
	  .type = OPT_FLAG,
	  .off = offsetof(struct extract_opts, no_check),
	  .help = "do not try out first whether the server keeps owners, modes and devices and has "
		  "room for all" },
	SERVER_FLOW_ROWS(struct extract_opts, server),
	{ .name = "write-size",
	  .type = OPT_SIZE,
	  .off = offsetof(struct extract_opts, write_size),
	  .arg = "BYTES",
	  .min = 4 << 10,
	  .max = 1 << 20,
	  .help = "largest write; without it what the server prefers" },
	PROGRESS_ROWS(struct extract_opts, progress,
		      "no progress and no summary, only what is wrong"),
	{ .name = "verbose",
	  .letter = 'v',
	  .type = OPT_FLAG,
	  .off = offsetof(struct extract_opts, verbose),
	  .help = "list every object that loses something, and requests by procedure" },
	{ .name = "json",
	  .type = OPT_FLAG,
	  .off = offsetof(struct extract_opts, json),
	  .help = "the summary as one JSON object" },
	{ 0 },
};

const struct i2n_cmd cmd_extract = {
	.name = "extract",
	.args = "IMAGE URL",
	.line = "store the tree of IMAGE at URL: nfs://server/path, or null:",
	.min_args = 2,
	.max_args = 2,
	.opts = rows,
	.opts_size = sizeof(struct extract_opts),
	.exec = exec_extract,
};
