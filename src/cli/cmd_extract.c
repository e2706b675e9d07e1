#include "img2nfs/check.h"
#include "img2nfs/edit.h"
#include "img2nfs/engine.h"
#include "img2nfs/loss.h"
#include "img2nfs/name.h"
#include "img2nfs/stage.h"
#include "img2nfs/update.h"

#include "choose_opts.h"
#include "cmd.h"
#include "extract_atomic.h"
#include "extract_boot.h"
#include "extract_many.h"
#include "extract_dest.h"
#include "extract_early.h"
#include "extract_netboot.h"
#include "extract_next.h"
#include "extract_opts.h"
#include "extract_report.h"
#include "extract_run.h"
#include "image_json.h"
#include "msg.h"
#include "proof.h"
#include "report.h"
#include "run_lock.h"
#include "script.h"
#include "signals.h"
#include "status.h"

#include <stdlib.h>
#include <string.h>

/* All that can be wrong with the command line, before anything is opened. */
int run_parse(struct run *r, struct i2n_err *err)
{
	const struct extract_opts *o = r->o;

	if (dest_parse(r->result.destination, &r->dest, err) ||
	    server_parse(&o->server, r->dest.kind == DEST_NFS ? r->result.destination : NULL,
			 &r->notes, &r->url, &r->nfs, &r->report.allow, err))
		return I2N_FATAL;
	r->nfs.write_size = o->write_size == OPT_UNSET ? 0 : (unsigned)o->write_size;
	r->nfs.dest = o->update.dry_run ? I2N_DEST_LOOK :
		      o->update.update	? I2N_DEST_UPDATE :
					  I2N_DEST_NEW;
	if (o->caps == CAPS_DROP)
		r->report.allow |= I2N_LOSS_CAPS;
	r->update = o->update;
	r->at = &r->url;
	if (extract_check(o, &r->dest, err) ||
	    extract_check_files(o, r->result.image, r->result.destination, err) ||
	    choose_init(&r->choose, &o->choose, err) ||
	    netboot_check(&o->netboot, &r->netboot, err) ||
	    boot_check(&o->boot, &r->notes, &r->boot, err))
		return I2N_FATAL;
	r->update.rules = r->choose.rules;
	if (!o->atomic)
		return I2N_OK;
	r->update.rules = NULL;		/* what is in NAME.new is ours alone */
	r->nfs.dest = I2N_DEST_UPDATE;
	r->update.update = r->update.delete_extra = true;
	r->at = &r->atomic.beside;
	r->result.swap = &r->atomic.swap;
	return atomic_init(&r->atomic, &r->url, err);
}

/* The last of the edits: what others made has to get the owners and times that are wanted, too. */
int run_edit_tree(struct run *r, struct i2n_tree *tree, const struct i2n_notes *notes,
		  struct i2n_err *err)
{
	if (r->o->caps == CAPS_SETUID && i2n_edit_caps_to_setuid(tree, notes, err))
		return I2N_FATAL;
	return choose_map(&r->choose, tree, &r->reader, err);
}

static int edit_for_netboot(struct run *r, struct i2n_err *err)
{
	const struct netboot_args args = { .o = &r->o->netboot, .notes = &r->notes,
					   .image = r->image,
					   .url = r->dest.kind == DEST_NFS ? &r->url : NULL,
					   .boot = r->boot.mount,
					   .boot_opts = r->boot.mount_opts[0] ?
							       r->boot.mount_opts : NULL };

	if (netboot_run(&args, &r->tree, &r->reader, &r->netboot, err))
		return I2N_FATAL;
	if (!r->netboot.ran || !r->o->update.dry_run || r->o->json)
		return I2N_OK;
	return netboot_print_diffs(r->netboot.edits, err);
}

/* The boot files, with the edits that go with those of the root. */
static int read_boot(struct run *r, struct i2n_err *err)
{
	const struct boot_root root = { .image = r->image, .tree = r->tree, .reader = r->reader };
	const struct netboot_run *netboot = &r->netboot;

	if (boot_read(&r->boot, &r->o->boot, &root, err))
		return I2N_FATAL;
	if (r->o->update.dry_run && !r->o->json)
		boot_print_dry(&r->boot);
	if (r->boot.kind == BOOT_NONE || !netboot->has_root ||
	    netboot->skip >> I2N_NETBOOT_CMDLINE & 1)
		return I2N_OK;
	if (boot_edit(&r->boot, &netboot->root, err))
		return I2N_FATAL;
	if (!r->o->update.dry_run || r->o->json)
		return I2N_OK;
	return netboot_print_diffs(r->boot.edits, err);
}

int run_open_image(struct run *r, struct image *image, struct i2n_err *err)
{
	struct image_opts opts = r->o->image;

	opts.keep_all = r->o->boot.dest || r->o->netboot.profile;
	opts.packed.scattered = r->dest.kind == DEST_TAR;	/* by name */
	opts.packed.confine = &r->confine;
	phases_enter(&r->phases, PHASE_OPEN);
	return image_open(&opts, r->result.image, IMAGE_TREE, &r->progress_opts, &r->notes, image,
			  err);
}

/* All edits of the root; and the boot files, with the edits that belong to those. */
int run_edit(struct run *r, struct i2n_err *err)
{
	phases_enter(&r->phases, PHASE_TREE);
	return choose_tree(&r->choose, r->image->rest, r->tree, &r->notes, err) ||
	       (r->o->netboot.profile && boot_find_mount(&r->boot, err)) ||
	       edit_for_netboot(r, err) || read_boot(r, err) ? I2N_FATAL : I2N_OK;
}

static int read_image(struct run *r, struct i2n_err *err)
{
	if (run_confine(r, &r->confine, err) || run_open_image(r, r->image, err) ||
	    early_read_tree(r, err))
		return I2N_FATAL;
	if (r->is_staged)
		return early_edit(r, r->tree, NULL, err);
	return run_edit(r, err) || run_edit_tree(r, r->tree, &r->notes, err) ? I2N_FATAL : I2N_OK;
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
	if (script_write(&r->files.script, &r->files.mtree, r->tree, r->reader, err) ||
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

/* The image itself, in its root. */
static bool has_name(const struct run *r, const char *name)
{
	return i2n_tree_lookup(r->tree, r->tree->root, name, strlen(name)) != I2N_NONE;
}

/* Two runs into one destination would spoil each other's work. */
static int prepare_lock(struct run *r, struct i2n_err *err)
{
	const struct extract_opts *o = r->o;

	if (r->dest.kind != DEST_NFS || o->update.dry_run)
		return I2N_OK;
	if (o->atomic)
		return atomic_open(&r->atomic, &r->nfs, o->break_lock, &r->notes, &r->lock, err);
	if (has_name(r, I2N_LOCK_NAME)) {
		msg_line("the image has a file '%s' itself, which is the name of our lock: another "
			 "run into the same destination will not be noticed", I2N_LOCK_NAME);
		return I2N_OK;
	}
	r->nfs.arrived = run_lock_arrived;
	r->nfs.arrived_ctx = &r->lock;
	return run_lock_init(&r->lock, &r->url, I2N_LOCK_NAME, o->break_lock, &r->nfs, &r->notes,
			     err);
}

static int open_dest(struct run *r, const struct i2n_sink_env *env, struct i2n_err *err)
{
	switch (r->dest.kind) {
	case DEST_NULL:
		return i2n_sink_open_null(env, &r->sink, err);
	case DEST_TAR:
		return dest_open_tar(&r->dest, &r->files.tar, env, &r->sink, err);
	default:
		return i2n_sink_open_nfs3(r->at, &r->nfs, env, signals_stop(), &r->sink, err);
	}
}

/* Contents of a run before that may be wrong are compared; ours may be, too, until the image has
 * proved to be good. */
static int begin_unproven(struct run *r, struct i2n_err *err)
{
	struct unproven *u = &r->unproven;

	if (r->dest.kind != DEST_NFS || r->sink->absent || has_name(r, I2N_UNPROVEN_NAME))
		return I2N_OK;
	u->stop = signals_stop();
	if (r->update.update && unproven_look(u, r->sink, i2n_image_stamp(r->image->file), err))
		return I2N_FATAL;
	if (u->is_of_other && !r->update.checksum) {
		r->update.checksum = true;
		msg_line("an earlier run stored contents here that may be wrong, from another "
			 "file: they are compared");
	}
	if (r->o->update.dry_run || (!u->there && !i2n_image_is_unproven(r->image->file)))
		return I2N_OK;
	return unproven_make(u, r->sink, i2n_image_stamp(r->image->file), err);
}

/* From here on a signal is an orderly end, because the server may have been changed. */
int run_open_sink(struct run *r, struct i2n_err *err)
{
	struct i2n_sink_env env = { .tree = r->tree, .reader = r->reader, .notes = &r->notes };

	signals_catch();
	phases_enter(&r->phases, PHASE_CONNECT);
	i2n_needs_of(r->tree, r->reader, &r->check.needs);
	r->nfs.check = r->o->no_check ? NULL : &r->check;
	r->check.allow_squash = r->o->squashed == SQUASHED_SCRIPT;
	if (prepare_lock(r, err))
		return I2N_FATAL;
	if (open_dest(r, &env, err)) {
		hint_no_check(r, err);
		return I2N_FATAL;
	}
	if (r->o->atomic)
		run_lock_watch(&r->lock, r->sink);
	else if (run_lock_take(&r->lock, r->sink, err))
		return I2N_FATAL;
	if (begin_unproven(r, err) || leave_to_script(r, err))
		return I2N_FATAL;
	if (r->is_staged)
		return I2N_OK;
	return i2n_plan_make(r->tree, r->reader, r->sink->caps, &r->notes, &r->plan, err);
}

static int store_staged(struct run *r, const struct i2n_engine_opts *engine, struct i2n_err *err)
{
	const struct i2n_stage_opts opts = early_stage_opts(r);
	const struct i2n_stage_job job = { .fs = r->image->fs, .tree = r->tree,
					   .reader = r->reader, .sink = r->sink,
					   .notes = &r->notes, .engine = engine,
					   .edit = early_edit, .ctx = r };

	return i2n_stage_run(&job, &opts, &r->result.at, err);
}

static int make_digests(struct run *r, struct i2n_err *err)
{
	phases_enter(&r->phases, PHASE_DIGESTS);
	return image_digests(r->image, r->tree, r->reader, &r->progress_opts, &r->digests, err);
}

int run_store(struct run *r, struct i2n_err *err)
{
	struct i2n_engine_opts opts = { .stop = signals_stop(),
					.progress = r->part ? many_progress_update :
							      progress_update,
					.ctx = r->part ? (void *)r->part : &r->progress,
					.root_later = r->lock.lock && !r->o->atomic };
	struct update_job job = {
		.o = &r->update, .plan = r->plan, .reader = r->reader,
		.sink = r->sink, .notes = &r->notes, .engine = &opts,
		.phases = &r->phases, .json = r->json, .lines = !r->o->json,
		.check_room = !r->o->no_check, .unproven = r->unproven.there,
	};
	int rc;

	if (r->update.checksum && make_digests(r, err))
		return I2N_FATAL;
	job.digests = r->digests.has ? &r->digests : NULL;
	phases_enter(&r->phases, PHASE_STORE);
	if (!r->part)
		progress_begin(&r->progress, &r->progress_opts);
	r->progress.image = r->image->file;
	if (r->is_staged)
		rc = store_staged(r, &opts, err);
	else if (r->update.update)
		rc = update_store(&job, &r->result.update, &r->result.at, err);
	else
		rc = i2n_engine_run(r->plan, r->reader, r->sink, &r->notes, &opts,
				    &r->result.at, err);
	if (!r->part)
		progress_end(&r->progress);
	r->result.ran = !r->update.update || r->result.update.wrote;
	return rc;
}

int run_finish_image(struct run *r, struct i2n_err *err)
{
	phases_enter(&r->phases, PHASE_FINISH);
	return image_finish(r->image, err);
}

/* What could not be stored may be of the run before. */
int run_proved(struct run *r, struct i2n_err *err)
{
	if (!r->unproven.there || r->o->update.dry_run || r->result.at.failed)
		return I2N_OK;
	if (unproven_remove(&r->unproven, r->sink, err))
		return I2N_FATAL;
	return i2n_settle_root(r->tree, r->sink, &r->notes, signals_stop(), err);
}

/* Removing the lock disturbs the time of the destination directory. */
int run_unlock(struct run *r, struct i2n_err *err)
{
	if (!r->lock.lock || r->o->atomic)
		return I2N_OK;
	run_lock_drop(&r->lock, false);
	if (run_lock_is_lost(&r->lock, err))
		return I2N_FATAL;
	return i2n_settle_root(r->tree, r->sink, &r->notes, signals_stop(), err);
}

int run_prove(struct run *r, struct i2n_err *err)
{
	const struct extract_opts *o = r->o;
	struct proof_args args = {
		.url = r->at, .nfs = &r->nfs, .tree = r->tree,
		.reader = r->reader, .report = &r->report, .silent = o->json,
		.rules = r->update.rules,
		.progress = &r->progress_opts, .lock = o->atomic ? &r->lock : NULL,
	};

	r->result.proof = &r->proof;
	phases_enter(&r->phases, PHASE_MANIFEST);
	if (o->manifest && proof_manifest(&args, &r->files.manifest, err))
		return I2N_FATAL;
	if (!o->verify)
		return I2N_OK;
	if (make_digests(r, err))
		return I2N_FATAL;
	args.digests = r->digests.has ? &r->digests : NULL;
	phases_enter(&r->phases, PHASE_VERIFY);
	return proof_verify(&args, &r->proof, err);
}

/* Only what is right in every respect takes the place of what works. */
int run_swap(struct run *r, struct i2n_err *err)
{
	if (!r->o->atomic || report_status(&r->report) != STATUS_OK)
		return I2N_OK;
	phases_enter(&r->phases, PHASE_SWAP);
	return atomic_swap(&r->atomic, r->o->remove_old, r->sink, &r->lock, err);
}

/* Only for a root that is in its place. */
int run_store_boot(struct run *r, struct i2n_err *err)
{
	const struct boot_args args = { .nfs = &r->nfs, .progress = &r->progress_opts,
					.break_lock = r->o->break_lock, .card = &r->files.card,
					.report = &r->report, .silent = r->o->json };

	if (r->o->update.dry_run || (r->o->atomic && !r->atomic.swap.swapped))
		return I2N_OK;
	phases_enter(&r->phases, PHASE_BOOT);
	if (boot_store(&r->boot, &args, err))
		return I2N_FATAL;
	return r->o->verify ? boot_prove(&r->boot, &args, err) : I2N_OK;
}

/* The order is the promise: nothing is asked of the server before the image has proved readable,
 * and nothing is written before all refusals have had their chance. */
static int run_all(struct run *r, struct i2n_err *err)
{
	if (run_parse(r, err) || read_image(r, err))
		return I2N_FATAL;
	if (r->o->update.dry_run && !r->o->update.update)
		return run_finish_image(r, err);	/* the edits are all there is to show */
	if (run_open_sink(r, err))
		return I2N_FATAL;
	/* what was stored is good only when the image proves to be; a tar gets its name then */
	if (run_store(r, err) || run_finish_image(r, err) ||
	    out_file_close(&r->files.tar, true, err) || run_proved(r, err) || run_unlock(r, err))
		return I2N_FATAL;
	return run_prove(r, err) || run_swap(r, err) || run_store_boot(r, err) ? I2N_FATAL : I2N_OK;
}

/* Of both connections of a run with --atomic. */
static void count_requests(struct run *r)
{
	struct i2n_sink_stats *all = &r->result.stats;
	const struct i2n_sink *second = r->atomic.sink;

	if (!r->sink)
		return;
	*all = r->sink->stats;
	r->result.at.requests = i2n_sink_requests(r->sink);
	if (!second)
		return;
	r->result.at.requests += i2n_sink_requests(second);
	all->resent += second->stats.resent;
	all->jukebox += second->stats.jukebox;
	all->reconnects += second->stats.reconnects;
	for (unsigned i = 0; i < I2N_PROCS; i++)
		all->requests[i] += second->stats.requests[i];
}

/* However it ends, the lock is removed. */
void run_end_locked(struct run *r)
{
	struct i2n_err ignored;	/* nothing was stored: it does no harm if it stays */

	if (r->rc != I2N_OK && !r->result.ran && r->unproven.is_made)
		(void)unproven_remove(&r->unproven, r->sink, &ignored);
	r->result.unproven = r->unproven.there;
	(void)run_lock_is_lost(&r->lock, &r->err);	/* then nothing else is worth telling */
	run_lock_drop(&r->lock, r->rc != I2N_OK && r->err.domain == I2N_DOM_RPC);
	count_requests(r);
}

void run_init(struct run *r, const struct extract_opts *o, const char *image,
		 const char *destination)
{
	r->o = o;
	r->report = (struct report){ .verbose = o->verbose, .quiet = o->progress.quiet };
	r->notes = (struct i2n_notes){ .fn = report_note, .ctx = &r->report };
	r->image = &r->own_image;
	r->start_ms = progress_now_ms();
	r->progress_opts = o->progress;
	r->progress_opts.phases = &r->phases;
	r->result = (struct extract_result){ .image = image, .destination = destination,
					     .dest = &r->dest, .netboot = &r->netboot,
					     .boot = &r->boot, .phases = &r->phases };
}

/* What it came to, and on stderr what is wrong. */
void run_end(struct run *r)
{
	struct extract_result *res = &r->result;

	phases_enter(&r->phases, PHASE_NONE);
	res->err = r->rc ? &r->err : NULL;
	res->ms = (uint64_t)(progress_now_ms() - r->start_ms);
	res->part_no = r->image->picked && r->image->pick.part ? r->image->pick.part->part_no : 0;
	res->status = status_worse(report_status(&r->report), r->rc ? status_of(&r->err) :
								      STATUS_OK);
	extract_tell(res, &r->report);
}

void run_print(struct run *r)
{
	if (!r->o->json && !r->o->progress.quiet && r->result.ran)
		extract_print(&r->result, &r->report);
	r->result.status = status_printed(r->result.status);
	if (r->json)
		extract_json(&r->result, &r->report, r->json);
}

void run_release(struct run *r)
{
	i2n_plan_free(r->plan);
	i2n_sink_free(r->sink);
	run_close_files(r);
	atomic_release(&r->atomic);
	run_lock_release(&r->lock);
	i2n_digests_release(&r->digests);
	i2n_relay_free(r->relay);
	i2n_tree_free(r->tree);
	choose_release(&r->choose);
	confine_release(&r->confine);
	boot_release(&r->boot);
	netboot_release(&r->netboot);
	image_release(&r->own_image);
	i2n_nfs_url_release(&r->url);
	report_release(&r->report);
	for (size_t i = 0; i < RUN_VALUES; i++)
		free(r->values[i]);
}

struct run_report_opts run_report_opts(const struct extract_opts *o, const char *image,
				       struct confine *confine)
{
	return (struct run_report_opts){ .command = "extract", .json = o->json,
					 .file = o->report, .image = image,
					 .confine = confine };
}

/* refused: why it does not even begin, or NULL. */
static int exec_one(const struct extract_opts *o, const char *image, const char *destination,
		    const struct i2n_err *refused)
{
	struct run r = { 0 };
	struct run_report_opts opts = run_report_opts(o, image, &r.confine);
	struct run_report out;
	struct i2n_next next;
	struct i2n_err why;

	run_init(&r, o, image, destination);
	if (extract_check_files(o, image, destination, &why)) {
		opts.file = NULL;
		refused = refused ? refused : &why;
	}
	r.rc = run_report_open(&out, &opts, &r.err);
	r.json = run_report_json(&out);
	if (refused) {
		r.rc = I2N_FATAL;
		r.err = *refused;
	}
	if (!r.rc)
		r.rc = run_all(&r, &r.err);
	run_end_locked(&r);
	run_end(&r);
	if (next_make(&r, 1, &next))
		r.result.next = &next;
	run_print(&r);
	if (r.json)
		image_json(r.json, r.image);
	i2n_next_release(&next);
	run_release(&r);
	return run_report_close(&out, r.result.status);
}

static int exec_extract(const void *values, unsigned n_args, char **args)
{
	const struct extract_opts *o = values;
	struct i2n_err err = { 0 };
	struct many many;
	int status;

	if (many_expand(args + 1, n_args - 1, &many, &err))
		status = exec_one(o, args[0], args[1], &err);
	else if (many.n == 1)
		status = exec_one(o, args[0], many.urls[0], NULL);
	else
		status = boards_exec(o, args[0], &many);
	many_release(&many);
	return status;
}

const struct i2n_cmd cmd_extract = {
	.name = "extract",
	.args = "IMAGE DESTINATION...",
	.line = "store the tree of IMAGE on an NFS server, or in a tar",
	.min_args = 2,
	.max_args = 1 + I2N_SHARE_RUNS,
	.opts = extract_rows,
	.opts_size = sizeof(struct extract_opts),
	.exec = exec_extract,
};
