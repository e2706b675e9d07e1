/* The loop for sinks that store a sequence. Without a queue: what is read next is known, and the
 * reader is told of it. */
#include "engine_own.h"

#include <assert.h>
#include <stdlib.h>

#define AHEAD_COST 512u		/* of any object, so that the reader is not told of all at once */

struct walk {
	const struct i2n_plan *plan;
	const struct i2n_tree *tree;
	struct i2n_reader *reader;
	struct i2n_sink *sink;
	const struct i2n_notes *notes;
	const struct i2n_engine_opts *opts;
	i2n_obj *objs;			/* by inode; NONE: not stored */
	unsigned char *lost;		/* by inode: its first name was not stored */
	uint32_t told;			/* dirent up to which willneed was said, NONE: all */
	uint64_t told_bytes, done_bytes;
	struct i2n_op op;
	bool is_done;
	bool cancelled;
	struct i2n_progress p;
	int64_t last_progress_ms;
};

/* The dirent after d in the walk, I2N_NONE after the last. in_too: what is below d comes first. */
static uint32_t after(const struct i2n_tree *t, uint32_t d, bool in_too)
{
	const struct i2n_inode *in = &t->inodes[t->dirents[d].inode];

	if (in_too && i2n_inode_type(in) == I2N_S_IFDIR && in->dir.count)
		return in->dir.first;
	for (; d != I2N_NONE; d = in->first_dirent) {
		in = &t->inodes[t->dirents[d].parent];
		if (d + 1 < in->dir.first + in->dir.count)
			return d + 1;
	}
	return I2N_NONE;
}

static uint32_t first_of(const struct i2n_tree *t)
{
	const struct i2n_inode *root = &t->inodes[t->root];

	return root->dir.count ? root->dir.first : I2N_NONE;
}

static uint64_t cost_of(const struct walk *w, const struct i2n_inode *in)
{
	uint64_t size = i2n_inode_type(in) == I2N_S_IFREG ? in->size : 0,
		 most = w->reader->ahead / 4;

	return AHEAD_COST + (size < most ? size : most);
}

static void look_ahead(struct walk *w)
{
	struct i2n_reader *r = w->reader;

	while (r->ahead && w->told != I2N_NONE && w->told_bytes < w->done_bytes + r->ahead) {
		const struct i2n_inode *in = &w->tree->inodes[w->tree->dirents[w->told].inode];

		w->told_bytes += cost_of(w, in);
		if (in->first_dirent == w->told && i2n_inode_type(in) != I2N_S_IFDIR)
			r->ops->willneed(r, in);
		w->told = after(w->tree, w->told, true);
	}
}

static void on_done(struct i2n_op *op)
{
	((struct walk *)op->owner)->is_done = true;
}

static void tell_progress(struct walk *w, bool last)
{
	int64_t now = engine_now_ms();

	if (!last && now - w->last_progress_ms < ENGINE_PROGRESS_MS)
		return;
	w->last_progress_ms = now;
	w->p.written = w->sink->stats.bytes_written;
	w->p.requests = i2n_sink_requests(w->sink);
	if (w->opts->progress)
		w->opts->progress(w->opts->ctx, &w->p);
}

static int check_stop(struct walk *w, struct i2n_err *err)
{
	int signo = w->opts->stop ? *w->opts->stop : 0;

	if (!signo || w->cancelled)
		return I2N_OK;
	w->cancelled = true;
	i2n_sink_cancel(w->sink, signo);
	return i2n_fail(err, I2N_FATAL, I2N_DOM_STOPPED, signo, "stopped by signal %d", signo);
}

/* Carry out w->op. */
static int run_op(struct walk *w, struct i2n_err *err)
{
	int rc = I2N_OK, rc2;

	w->is_done = false;
	w->op.done = on_done;
	w->op.owner = w;
	if (i2n_sink_submit(w->sink, &w->op, err))
		return I2N_FATAL;
	while (!w->is_done) {
		if (rc == I2N_OK)
			rc = check_stop(w, err);
		rc2 = i2n_sink_service(w->sink, ENGINE_SERVICE_MS, rc ? NULL : err);
		if (rc2)
			return rc ? rc : rc2;
		tell_progress(w, false);
	}
	if (rc)
		return rc;
	if (w->op.rc == I2N_FATAL)
		*err = w->op.err;
	return w->op.rc;
}

static void fill_op(struct walk *w, uint32_t d)
{
	const struct i2n_dirent *de = &w->tree->dirents[d];
	const struct i2n_inode *in = &w->tree->inodes[de->inode];
	size_t len;

	w->op = (struct i2n_op){ .kind = engine_make_op(in), .inode = in, .dirent = d,
				 .parent = w->objs[de->parent], .obj = I2N_OBJ_NONE };
	w->op.name = i2n_dirent_name(w->tree, de, &len);
	w->op.name_len = (unsigned char)len;
	if (w->objs[de->inode] != I2N_OBJ_NONE) {
		w->op.kind = I2N_OP_LINK;
		w->op.obj = w->objs[de->inode];
	} else {
		w->op.keep = in->links > 1;
	}
}

/* All below a directory that could not be stored fails with it. */
static void fail(struct walk *w, uint32_t d)
{
	const uint32_t end = after(w->tree, d, false);

	for (; d != end; d = after(w->tree, d, true)) {
		w->p.failed++;
		w->lost[w->tree->dirents[d].inode] = 1;
	}
}

static bool is_kept(const struct walk *w, uint32_t inode)
{
	const struct i2n_inode *in = &w->tree->inodes[inode];

	if (w->lost[inode])
		return false;
	/* the plan has told of its loss */
	return i2n_inode_type(in) != I2N_S_IFSOCK || w->sink->caps & I2N_CAP_SOCKETS;
}

/* One object; *d is moved on to the next. */
static int store(struct walk *w, uint32_t *d, struct i2n_err *err)
{
	const uint32_t at = *d, inode = w->tree->dirents[at].inode;
	int rc = I2N_BADNODE;

	if (is_kept(w, inode)) {
		fill_op(w, at);
		rc = run_op(w, err);
		if (rc == I2N_BADNODE)
			engine_note_failure(w->tree, w->notes, at, &w->op.err);
	}
	if (rc == I2N_FATAL)
		return rc;
	if (rc == I2N_BADNODE) {
		fail(w, at);
	} else {
		i2n_totals_add(&w->p.done, w->op.inode, w->op.kind == I2N_OP_LINK);
		if (w->op.kind == I2N_OP_MKDIR || w->op.keep)
			w->objs[inode] = w->op.obj;
	}
	w->done_bytes += cost_of(w, &w->tree->inodes[inode]);
	*d = after(w->tree, at, rc == I2N_OK);
	return I2N_OK;
}

static int store_root(struct walk *w, struct i2n_err *err)
{
	int rc;

	w->op = (struct i2n_op){ .kind = I2N_OP_DIRATTR, .inode = &w->tree->inodes[w->tree->root],
				 .dirent = I2N_NONE, .obj = I2N_OBJ_ROOT,
				 .parent = I2N_OBJ_NONE };
	rc = run_op(w, err);
	if (rc == I2N_BADNODE)
		engine_note_failure(w->tree, w->notes, I2N_NONE, &w->op.err);
	return rc == I2N_FATAL ? rc : I2N_OK;
}

static int store_all(struct walk *w, struct i2n_err *err)
{
	uint32_t d = first_of(w->tree);
	int rc = store_root(w, err);

	w->told = d;
	while (rc == I2N_OK && d != I2N_NONE) {
		look_ahead(w);
		rc = check_stop(w, err);
		if (rc == I2N_OK)
			rc = store(w, &d, err);
	}
	return rc == I2N_OK ? i2n_sink_finish(w->sink, err) : rc;
}

static int init(struct walk *w, struct i2n_err *err)
{
	w->objs = malloc(w->tree->n_inodes * sizeof(*w->objs));
	w->lost = calloc(w->tree->n_inodes, 1);
	if (!w->objs || !w->lost)
		return i2n_err_nomem(err);
	for (uint32_t i = 0; i < w->tree->n_inodes; i++)
		w->objs[i] = I2N_OBJ_NONE;
	w->objs[w->tree->root] = I2N_OBJ_ROOT;
	return I2N_OK;
}

int engine_in_order(const struct i2n_plan *plan, struct i2n_reader *reader, struct i2n_sink *sink,
		    const struct i2n_notes *notes, const struct i2n_engine_opts *opts,
		    struct i2n_progress *ret, struct i2n_err *err)
{
	struct walk w = { .plan = plan, .tree = plan->tree, .reader = reader, .sink = sink,
			  .notes = notes, .opts = opts };
	int rc = init(&w, err);

	assert(!opts->have);
	w.p.total = plan->totals;
	if (rc == I2N_OK)
		rc = store_all(&w, err);
	w.p.left = w.p.total.objects - w.p.done.objects - w.p.failed;
	tell_progress(&w, true);
	free(w.objs);
	free(w.lost);
	*ret = w.p;
	return rc;
}
