#include "extract_early.h"

#include "choose_opts.h"
#include "extract_run.h"
#include "signals.h"

#include <stdlib.h>
#include <string.h>

/* --- may it begin? --- */

/* What needs to know all of the tree before anything is written. */
static bool must_wait(const struct run *r)
{
	const struct extract_opts *o = r->o;

	return r->dest.kind == DEST_TAR || o->update.dry_run || o->image.strict ||
	       o->squashed == SQUASHED_SCRIPT || choose_must_wait(&r->choose, r->image->rest);
}

static bool has_edits(const struct run *r)
{
	return netboot_is_on(&r->o->netboot) || r->o->boot.dest;
}

static void on_entry(struct i2n_op *op, const struct i2n_entry *entry)
{
	const size_t len = strlen(I2N_LOCK_NAME);

	if (entry && (entry->name_len != len || memcmp(entry->name, I2N_LOCK_NAME, len) != 0))
		op->absent = op->pause = true;
}

/* Has the destination nothing to be compared with? */
static int look_there(struct run *r, bool *ret_is_empty, struct i2n_err *err)
{
	const struct i2n_notes none = { 0 };
	const struct i2n_sink_env env = { .notes = &none };
	struct i2n_op op = { .kind = I2N_OP_LIST, .obj = I2N_OBJ_ROOT, .dirent = I2N_NONE,
			     .on_entry = on_entry };
	struct i2n_nfs_opts nfs = r->nfs;
	struct i2n_sink *sink = NULL;
	int rc;

	nfs.dest = I2N_DEST_LOOK;
	nfs.check = NULL;
	rc = i2n_sink_open_nfs3(r->at, &nfs, &env, signals_stop(), &sink, err);
	if (rc == I2N_OK && !sink->absent)
		rc = i2n_sink_do(sink, &op, signals_stop(), err);
	*ret_is_empty = rc == I2N_OK && !op.absent;
	i2n_sink_free(sink);
	return rc;
}

/* Into a destination that is empty nothing has to be compared. That it is so is looked at again
 * when it is opened for writing. */
static void store_as_new(struct run *r)
{
	r->update.update = false;
	r->nfs.dest = I2N_DEST_NEW;
}

/* The edits on a copy of what has come; nothing is told. */
static bool is_enough(void *ctx, const struct i2n_tree *tree)
{
	const struct run *r = ctx;
	struct run t = *r;
	struct i2n_err why;	/* more has to come, or it will be told in the end */
	bool ret;

	t.notes = (struct i2n_notes){ 0 };
	t.netboot = (struct netboot_run){ .skip = r->netboot.skip };
	t.boot = (struct boot_run){ 0 };
	t.reader = i2n_fs_reader(r->image->fs);
	t.tree = i2n_tree_copy(tree);
	ret = t.tree && !boot_check(&t.o->boot, &t.notes, &t.boot, &why) &&
	      !run_edit(&t, &why) && (!t.netboot.ran || t.netboot.system.id[0]);
	boot_release(&t.boot);
	netboot_release(&t.netboot);
	i2n_tree_free(t.tree);
	return ret;
}

/* --- the parts --- */

static int hold_back(struct i2n_tree *tree, struct i2n_err *err)
{
	struct i2n_rules *rules;
	uint64_t n;
	int rc = i2n_rules_new(&rules, err);

	if (rc != I2N_OK)
		return rc;
	rc = i2n_rules_add(rules, false, "/etc", err);
	if (rc == I2N_OK)
		rc = i2n_choose_by_rules(tree, rules, &n, err);
	i2n_rules_free(rules);
	return rc;
}

/* Edits make a tree of their own, which moves into the place of this one. */
static int edit_whole(struct run *r, struct i2n_tree *tree, struct i2n_err *err)
{
	struct i2n_tree *part = r->tree;
	struct i2n_reader *relay = r->reader;
	const enum phase before = r->phases.now;
	int rc;

	r->tree = malloc(sizeof(*r->tree));
	if (!r->tree) {
		r->tree = part;
		return i2n_err_nomem(err);
	}
	*r->tree = *tree;
	*tree = (struct i2n_tree){ 0 };
	r->reader = i2n_fs_reader(r->image->fs);
	rc = run_edit(r, err);
	if (rc == I2N_OK)
		rc = run_edit_tree(r, r->tree, &r->notes, err);
	phases_enter(&r->phases, before);
	i2n_relay_set(relay, r->reader);
	r->reader = relay;
	*tree = *r->tree;
	free(r->tree);
	r->tree = part;
	return rc;
}

int early_edit(void *ctx, struct i2n_tree *tree, const struct i2n_notes *notes,
	       struct i2n_err *err)
{
	struct run *r = ctx;

	if (notes && has_edits(r))
		return edit_whole(r, tree, err);
	if (choose_tree(&r->choose, r->image->rest, tree, notes, err) ||
	    (netboot_is_on(&r->o->netboot) && hold_back(tree, err)))
		return I2N_FATAL;
	return run_edit_tree(r, tree, notes, err);
}

/* --- the first one --- */

static void on_wait(void *ctx, const struct i2n_progress *at)
{
	struct run *r = ctx;
	struct i2n_image_progress now;

	if (at)
		progress_update(&r->progress, at);
	else if (i2n_image_progress(r->image->file, &now))
		progress_wait(&r->image->waiting, &now);
}

struct i2n_stage_opts early_stage_opts(struct run *r)
{
	return (struct i2n_stage_opts){ .stop = signals_stop(), .on_wait = on_wait,
					.is_enough = has_edits(r) ? is_enough : NULL, .ctx = r };
}

static int read_part(struct run *r, struct i2n_err *err)
{
	const struct i2n_stage_opts opts = early_stage_opts(r);
	const bool may_update = r->update.update;
	bool is_empty = true;
	int rc;

	if (must_wait(r) || i2n_fs_available(r->image->fs) == i2n_fs_info(r->image->fs)->size)
		return I2N_END;
	if (may_update) {
		phases_enter(&r->phases, PHASE_CONNECT);
		if (look_there(r, &is_empty, err))
			return I2N_FATAL;
		phases_enter(&r->phases, PHASE_TREE);
	}
	rc = is_empty ? i2n_stage_first(r->image->fs, &opts, &r->tree, err) : I2N_END;
	if (rc == I2N_OK && may_update)
		store_as_new(r);
	return rc;
}

int early_read_tree(struct run *r, struct i2n_err *err)
{
	int rc;

	phases_enter(&r->phases, PHASE_TREE);
	rc = read_part(r, err);
	image_waited(r->image);
	r->is_staged = rc == I2N_OK;
	if (rc == I2N_END)
		rc = image_tree(r->image, &r->tree, err);
	r->reader = i2n_fs_reader(r->image->fs);
	if (!r->is_staged)
		return rc;
	rc = i2n_relay_new(r->reader, &r->relay, err);
	r->reader = r->relay;
	return rc;
}
