#include "img2nfs/engine.h"

#include "engine_own.h"
#include "schedule.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#define MAX_OPS_DEFAULT 2048	/* more than any sink takes: it knows best */
#define TURN_COST 512		/* so that the reader is not told of all empty files at once */

struct engine;

/* One op under way. */
struct slot {
	struct i2n_op op;	/* first: op->owner is the engine, the slot is the op */
	struct slot *next;	/* free, or to be renamed */
	enum work work;
	bool beside;		/* made under the name `name`, to be renamed over what is there */
	i2n_obj obj;		/* what was made beside */
	char name[24];
};

struct engine {
	const struct i2n_plan *plan;
	struct i2n_reader *reader;
	struct i2n_sink *sink;
	const struct i2n_notes *notes;
	const struct i2n_engine_opts *opts;
	struct schedule sched;
	struct slot *slots, *free_slots, *renames;
	unsigned n_slots, max_slots;	/* used at least once; allocated */
	struct i2n_progress p;
	int64_t last_progress_ms;
	uint32_t told;		/* index in plan->order up to which willneed was said */
	uint64_t told_bytes, done_bytes;	/* of what was said so, and what had its turn */
	bool ending;		/* cancelled: no more submits, only draining */
	int rc;			/* first fatal outcome */
	struct i2n_err err;
};

static void end_run(struct engine *e, int signo)
{
	if (e->ending)
		return;
	e->ending = true;
	i2n_sink_cancel(e->sink, signo);
}

static void set_fatal(struct engine *e, const struct i2n_err *err)
{
	if (e->rc)
		return;		/* the first one is the cause */
	e->rc = I2N_FATAL;
	e->err = *err;
}

static enum i2n_have_verdict verdict(const struct engine *e, uint32_t dirent)
{
	const struct i2n_have *have = e->opts->have;

	if (!have)
		return I2N_HAVE_NOTHING;
	return have->verdicts[dirent == I2N_NONE ? e->plan->tree->n_dirents : dirent];
}

static bool is_flagged(const struct engine *e, uint32_t inode, enum i2n_have_dir flag)
{
	return e->opts->have && e->opts->have->dirs[inode] & flag;
}

/* The object is out of the way, stored or not: its directory is one child nearer to its final
 * attributes. obj: of an inode that nothing else needs, OBJ_FAILED = none; the schedule knows the
 * others'. */
static void finish_dirent(struct engine *e, uint32_t dirent, i2n_obj obj)
{
	uint32_t inode = schedule_done(&e->sched, dirent);

	if (inode == I2N_NONE || is_flagged(e, inode, I2N_HAVE_LATER))
		return;
	if (!schedule_is_plain(&e->sched, inode))
		obj = schedule_obj(&e->sched, inode);
	if (obj != OBJ_FAILED)
		i2n_sink_release(e->sink, obj);
}

/* For the run after this one. */
static void remember(struct engine *e, uint32_t dirent, enum i2n_have_verdict v)
{
	struct i2n_have *have = e->opts->have;

	if (have && have->goes_on)
		have->verdicts[dirent] = (unsigned char)v;
}

/* Not stored, whatever the reason: what depends on it comes out of schedule_next() and fails in
 * turn. */
static void fail_dirent(struct engine *e, uint32_t dirent)
{
	const struct i2n_tree *t = e->plan->tree;
	const struct i2n_inode *in = &t->inodes[t->dirents[dirent].inode];

	e->p.failed++;
	remember(e, dirent, I2N_HAVE_BLOCKED);
	if (in->first_dirent == dirent)
		schedule_stored(&e->sched, dirent, OBJ_FAILED);
	if (i2n_inode_type(in) != I2N_S_IFDIR)
		finish_dirent(e, dirent, OBJ_FAILED);
	/* a directory is finished when its children have failed: its turn comes with WORK_ATTR */
}

static void on_attr_done(struct engine *e, struct i2n_op *op)
{
	if (op->rc == I2N_BADNODE)
		engine_note_failure(e->plan->tree, e->notes, op->dirent, &op->err);
	if (op->dirent == I2N_NONE)
		return;
	if (op->rc == I2N_OK && op->kind == I2N_OP_SETATTR)
		e->p.mended++;
	if (op->rc == I2N_BADNODE)
		e->p.failed++;
	else
		i2n_totals_add(&e->p.done, op->inode, false);
	finish_dirent(e, op->dirent, OBJ_FAILED);
}

/* obj: what there is to refer to. */
static void stored(struct engine *e, enum work work, uint32_t dirent, i2n_obj obj)
{
	const struct i2n_tree *t = e->plan->tree;
	const struct i2n_inode *in = &t->inodes[t->dirents[dirent].inode];

	remember(e, dirent, I2N_HAVE_EQUAL);
	if (work != WORK_LINK && is_flagged(e, t->dirents[dirent].inode, I2N_HAVE_LATER))
		e->opts->have->objs[t->dirents[dirent].inode] = obj;
	/* an object that nobody will refer to has no number; the schedule wants to know only that
	 * it is there */
	if (obj == I2N_OBJ_NONE)
		obj = I2N_OBJ_ROOT;
	if (work != WORK_LINK)
		schedule_stored(&e->sched, dirent, obj);
	if (work == WORK_DIR)
		return;		/* counted when it is settled */
	i2n_totals_add(&e->p.done, in, work == WORK_LINK);
	finish_dirent(e, dirent, obj);
}

static void on_stored(struct engine *e, struct slot *slot)
{
	struct i2n_op *op = &slot->op;
	bool made = op->kind == I2N_OP_MKDIR || op->keep || op->kind == I2N_OP_SETATTR;

	if (op->kind == I2N_OP_RENAME)
		e->p.replaced++;
	if (op->kind == I2N_OP_SETATTR)
		e->p.mended++;
	stored(e, slot->work, op->dirent, op->kind == I2N_OP_RENAME ? slot->obj : made ? op->obj :
	       I2N_OBJ_NONE);
}

static const struct i2n_inode *inode_of(const struct engine *e, uint32_t dirent)
{
	const struct i2n_tree *t = e->plan->tree;

	return &t->inodes[t->dirents[dirent].inode];
}

/* What a file takes of the room for what the reader was told of and is not done. A large one takes
 * part of it only, as several may be under way for long. */
static uint64_t ahead_of(const struct engine *e, const struct i2n_inode *in)
{
	uint64_t size = i2n_inode_type(in) == I2N_S_IFREG ? in->size : 0, most =
		e->reader->ahead / 4;

	return TURN_COST + (size < most ? size : most);
}

/* The reader hears of the next files in disk order: as much data as it can make something of,
 * beyond as much that may be on its way to the sink. */
static void look_ahead(struct engine *e)
{
	struct i2n_reader *r = e->reader;

	for (; r->ahead && e->told < e->plan->n_order &&
	       e->told_bytes < e->done_bytes + 2 * r->ahead; e->told++) {
		const struct i2n_inode *in = inode_of(e, e->plan->order[e->told]);

		e->told_bytes += ahead_of(e, in);
		r->ops->willneed(r, in);
	}
}

/* Whatever came of it. */
static void had_its_turn(struct engine *e, enum work work, uint32_t dirent)
{
	if (work != WORK_FILE || !e->reader->ahead)
		return;
	e->done_bytes += ahead_of(e, inode_of(e, dirent));
	look_ahead(e);
}

/* Made beside what is there; now it takes the place. */
static void to_rename(struct engine *e, struct slot *slot)
{
	const struct i2n_tree *t = e->plan->tree;
	struct i2n_op *op = &slot->op;
	size_t len;

	slot->obj = op->keep ? op->obj : I2N_OBJ_NONE;
	slot->beside = false;
	op->kind = I2N_OP_RENAME;
	op->obj = I2N_OBJ_NONE;
	op->keep = false;
	op->parent2 = op->parent;
	op->name2 = i2n_dirent_name(t, &t->dirents[op->dirent], &len);
	op->name2_len = (unsigned char)len;
	slot->next = e->renames;
	e->renames = slot;
}

static void on_op_done(struct i2n_op *op)
{
	struct engine *e = op->owner;
	struct slot *slot = (struct slot *)op;

	if (op->rc == I2N_FATAL) {
		set_fatal(e, &op->err);
		end_run(e, 0);
	} else if (slot->work == WORK_ATTR) {
		on_attr_done(e, op);
	} else if (op->rc == I2N_BADNODE) {
		engine_note_failure(e->plan->tree, e->notes, op->dirent, &op->err);
		fail_dirent(e, op->dirent);
	} else if (slot->beside) {
		to_rename(e, slot);
		return;
	} else {
		on_stored(e, slot);
	}
	had_its_turn(e, slot->work, op->dirent);
	slot->next = e->free_slots;
	e->free_slots = slot;
}

static void fill_op(struct engine *e, struct i2n_op *op, enum work work, uint32_t dirent)
{
	const struct i2n_tree *t = e->plan->tree;
	uint32_t inode = dirent == I2N_NONE ? t->root : t->dirents[dirent].inode;

	*op = (struct i2n_op){ .inode = &t->inodes[inode], .dirent = dirent, .obj = I2N_OBJ_NONE,
			       .parent = I2N_OBJ_NONE, .done = on_op_done, .owner = e };
	op->kind = work == WORK_ATTR ? I2N_OP_DIRATTR : work == WORK_LINK ? I2N_OP_LINK
								   : engine_make_op(op->inode);
	if (dirent != I2N_NONE) {
		size_t len;

		op->name = i2n_dirent_name(t, &t->dirents[dirent], &len);
		op->name_len = (unsigned char)len;
		op->parent = schedule_obj(&e->sched, t->dirents[dirent].parent);
	}
	if (work == WORK_ATTR || work == WORK_LINK)
		op->obj = schedule_obj(&e->sched, inode);
	else
		op->keep = work == WORK_DIR || op->inode->links > 1 ||
			   is_flagged(e, inode, I2N_HAVE_LATER);
}

/* The same when something is there. */
static void adapt_op(struct engine *e, struct slot *slot)
{
	struct i2n_op *op = &slot->op;
	enum i2n_have_verdict v = verdict(e, op->dirent);

	if (slot->work == WORK_ATTR) {
		/* DIRATTR takes the owner as given when the directory was made */
		if (v != I2N_HAVE_ATTRS)
			return;
		op->kind = I2N_OP_SETATTR;
		op->mask = I2N_SET_MODE | I2N_SET_OWNER | I2N_SET_MTIME | I2N_SET_ATIME;
		return;
	}
	if (v == I2N_HAVE_ATTRS) {
		op->kind = I2N_OP_SETATTR;
		op->mask = I2N_SET_MODE | I2N_SET_OWNER | I2N_SET_MTIME | I2N_SET_ATIME;
		op->obj = e->opts->have->objs[e->plan->tree->dirents[op->dirent].inode];
		op->keep = false;
		return;
	}
	e->opts->have->dirs[e->plan->tree->dirents[op->dirent].parent] |= I2N_HAVE_TOUCHED;
	op->late = !e->opts->have->is_ours;
	slot->beside = v == I2N_HAVE_OTHER;
	if (!slot->beside)
		return;
	op->name_len = (unsigned char)snprintf(slot->name, sizeof(slot->name),
					       I2N_BESIDE_PREFIX "%08x",
					       (unsigned)op->dirent);
	op->name = (const unsigned char *)slot->name;
}

/* Directories that need no attributes: what is done is done. */
static bool is_settled(const struct engine *e, uint32_t dirent)
{
	const struct i2n_tree *t = e->plan->tree;
	uint32_t inode = dirent == I2N_NONE ? t->root : t->dirents[dirent].inode;
	enum i2n_have_verdict v = verdict(e, dirent);

	if (dirent == I2N_NONE && e->opts->root_later)
		return true;
	if (v == I2N_HAVE_PROTECTED || is_flagged(e, inode, I2N_HAVE_LATER))
		return true;
	return v == I2N_HAVE_EQUAL && !is_flagged(e, inode, I2N_HAVE_TOUCHED);
}

/* What is there already and needs no request. */
static bool take_existing(struct engine *e, enum work work, uint32_t dirent)
{
	enum i2n_have_verdict v = verdict(e, dirent);
	i2n_obj obj;

	if (work == WORK_ATTR) {
		if (!is_settled(e, dirent))
			return false;
		if (dirent == I2N_NONE)
			return true;
		i2n_totals_add(&e->p.done,
			       &e->plan->tree->inodes[e->plan->tree->dirents[dirent].inode], false);
		e->p.equal += v == I2N_HAVE_EQUAL || v == I2N_HAVE_PROTECTED;
		finish_dirent(e, dirent, OBJ_FAILED);
		return true;
	}
	if (v == I2N_HAVE_BLOCKED) {
		fail_dirent(e, dirent);
		return true;
	}
	if (v != I2N_HAVE_EQUAL && v != I2N_HAVE_PROTECTED &&
	    !(work == WORK_DIR && v == I2N_HAVE_ATTRS))
		return false;
	e->p.equal += work != WORK_DIR;
	obj = e->opts->have->objs[e->plan->tree->dirents[dirent].inode];
	stored(e, work, dirent, obj);
	return true;
}

/* A dirent that cannot be stored because what it depends on failed; a failed directory that is now
 * complete. */
static bool settle_failed(struct engine *e, enum work work, uint32_t dirent)
{
	if (dirent == I2N_NONE)
		return false;
	if (work == WORK_ATTR) {
		if (schedule_obj(&e->sched, e->plan->tree->dirents[dirent].inode) != OBJ_FAILED)
			return false;
		finish_dirent(e, dirent, OBJ_FAILED);
		return true;
	}
	if (!schedule_is_failed(&e->sched, dirent))
		return false;
	fail_dirent(e, dirent);
	return true;
}

/* false: the window is full, or the run is over. */
static bool submit_renames(struct engine *e)
{
	struct i2n_err err;

	while (e->renames && !e->ending) {
		struct slot *slot = e->renames;
		int rc;

		e->renames = slot->next;
		rc = i2n_sink_submit(e->sink, &slot->op, &err);
		if (!rc)
			continue;
		slot->next = e->renames;
		e->renames = slot;
		if (rc != I2N_RETRY) {
			set_fatal(e, &err);
			end_run(e, 0);
		}
		return false;
	}
	return !e->ending;
}

/* The first that is free, which is left there; slots never used cost no memory yet. */
static struct slot *free_slot(struct engine *e)
{
	if (!e->free_slots && e->n_slots < e->max_slots)
		e->free_slots = &e->slots[e->n_slots++];
	return e->free_slots;
}

static unsigned ask_pace(struct engine *e)
{
	if (!e->opts->pace)
		return e->max_slots;
	e->p.written = e->sink->stats.bytes_written;
	return e->opts->pace(e->opts->pace_ctx, &e->p);
}

/* What the sink should wait for before it goes far on the medium. With all slots taken nothing
 * comes before it goes on. */
static void tell_awaited(struct engine *e)
{
	e->sink->awaited = e->reader && e->reader->by_block && free_slot(e)
				   ? schedule_awaited(&e->sched) : 0;
}

/* Submit what can start. Returns when the window is full, nothing can start or something is
 * wrong. */
static void submit_ready(struct engine *e)
{
	const unsigned most = ask_pace(e);
	enum work work;
	uint32_t dirent;

	if (!submit_renames(e))
		return;
	while (!e->ending && e->sink->outstanding < most && free_slot(e) &&
	       schedule_next(&e->sched, &work, &dirent)) {
		struct slot *slot = e->free_slots;
		struct i2n_err err;
		int rc;

		if (settle_failed(e, work, dirent) || take_existing(e, work, dirent)) {
			had_its_turn(e, work, dirent);
			continue;
		}
		fill_op(e, &slot->op, work, dirent);
		slot->work = work;
		slot->beside = false;
		if (e->opts->have)
			adapt_op(e, slot);
		e->free_slots = slot->next;
		rc = i2n_sink_submit(e->sink, &slot->op, &err);
		if (!rc)
			continue;
		slot->next = e->free_slots;
		e->free_slots = slot;
		schedule_put_back(&e->sched, work, dirent);
		if (rc != I2N_RETRY) {
			set_fatal(e, &err);
			end_run(e, 0);
		}
		return;
	}
}

static void tell_progress(struct engine *e, bool last)
{
	int64_t now = engine_now_ms();

	if (!last && now - e->last_progress_ms < ENGINE_PROGRESS_MS)
		return;
	e->last_progress_ms = now;
	e->p.written = e->sink->stats.bytes_written;
	e->p.requests = i2n_sink_requests(e->sink);
	if (e->opts->progress)
		e->opts->progress(e->opts->ctx, &e->p);
}

static void check_stop(struct engine *e)
{
	struct i2n_err err;

	if (e->ending || !e->opts->stop || !*e->opts->stop)
		return;
	i2n_err_set(&err, I2N_DOM_STOPPED, *e->opts->stop, "stopped by signal %d", *e->opts->stop);
	set_fatal(e, &err);
	end_run(e, *e->opts->stop);
}

static void loop(struct engine *e)
{
	struct i2n_err err;

	for (;;) {
		check_stop(e);
		submit_ready(e);
		tell_awaited(e);
		if (!e->sink->outstanding)
			break;
		if (i2n_sink_service(e->sink, ENGINE_SERVICE_MS, &err)) {
			set_fatal(e, &err);
			break;
		}
		tell_progress(e, false);
	}
}

static int init(struct engine *e)
{
	unsigned n = e->opts->max_ops ? e->opts->max_ops : MAX_OPS_DEFAULT;

	if (schedule_init(&e->sched, e->plan, e->reader, &e->err))
		return I2N_FATAL;
	e->slots = calloc(n, sizeof(*e->slots));
	if (!e->slots)
		return i2n_err_nomem(&e->err);
	e->max_slots = n;
	e->p.total = e->plan->totals;
	e->p.is_partial = e->opts->have && e->opts->have->goes_on;
	return I2N_OK;
}

int i2n_engine_run(const struct i2n_plan *plan, struct i2n_reader *reader, struct i2n_sink *sink,
		   const struct i2n_notes *notes, const struct i2n_engine_opts *opts,
		   struct i2n_progress *ret, struct i2n_err *err)
{
	struct engine e = {
		.plan = plan, .reader = reader, .sink = sink, .notes = notes, .opts = opts
	};

	if (sink->in_order)
		return engine_in_order(plan, reader, sink, notes, opts, ret, err);
	e.rc = init(&e);
	if (!e.rc) {
		look_ahead(&e);
		loop(&e);
		if (!e.rc && i2n_sink_finish(sink, &e.err))
			e.rc = I2N_FATAL;
	}
	e.p.left = e.p.total.objects - e.p.done.objects - e.p.failed;
	assert(e.rc || !e.p.left);
	sink->awaited = 0;
	tell_progress(&e, true);
	schedule_release(&e.sched);
	free(e.slots);
	*ret = e.p;
	if (e.rc)
		*err = e.err;
	return e.rc;
}
