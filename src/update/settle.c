#include "img2nfs/update.h"

#include <stdlib.h>

#define OPS_MAX 64
#define SERVICE_MS 200

struct settle_op {
	struct i2n_op op;	/* first member */
	struct settler *r;
};

struct settler {
	struct i2n_survey *survey;
	struct i2n_sink *sink;
	const struct i2n_notes *notes;
	uint32_t next;		/* inode */
	unsigned out;
	bool dead;
	struct i2n_err err;
};

static void die(struct settler *r, const struct i2n_err *err)
{
	if (!r->dead)
		r->err = *err;
	r->dead = true;
}

static void on_set(struct i2n_op *op)
{
	struct settle_op *so = (struct settle_op *)(void *)op;
	struct settler *r = so->r;
	size_t len = 0;
	char *path;

	r->out--;
	if (op->rc == I2N_FATAL) {
		die(r, &op->err);
	} else if (op->rc != I2N_OK) {
		path = i2n_tree_path(r->survey->tree, op->dirent, &len);
		i2n_note(r->notes, I2N_NOTE_FAILED, "store", path, len, "%s", op->err.msg);
		free(path);
	}
	i2n_sink_release(r->sink, op->obj);
	free(so);
}

static int start(struct settler *r, uint32_t inode)
{
	const struct i2n_tree *t = r->survey->tree;
	struct settle_op *so = calloc(1, sizeof(*so));
	int rc;

	if (!so) {
		r->dead = true;
		return i2n_err_nomem(&r->err);
	}
	so->r = r;
	so->op = (struct i2n_op){ .kind = I2N_OP_SETATTR,
				  .obj = r->survey->have.objs[inode],
				  .inode = &t->inodes[inode],
				  .dirent = t->inodes[inode].first_dirent,
				  .done = on_set,
				  .mask = I2N_SET_MODE | I2N_SET_OWNER | I2N_SET_MTIME |
					  I2N_SET_ATIME };
	rc = i2n_sink_submit(r->sink, &so->op, &r->err);
	if (rc != I2N_OK)
		free(so);
	else
		r->out++;
	if (rc == I2N_FATAL)
		r->dead = true;
	return rc;
}

static bool must_settle(const struct i2n_have *have, const struct i2n_tree *t, uint32_t inode)
{
	uint32_t first = t->inodes[inode].first_dirent;

	if (!(have->dirs[inode] & I2N_HAVE_LATER) || have->objs[inode] == I2N_OBJ_NONE)
		return false;
	return have->dirs[inode] & I2N_HAVE_TOUCHED ||
	       have->verdicts[first == I2N_NONE ? t->n_dirents : first] == I2N_HAVE_ATTRS;
}

static void fill(struct settler *r)
{
	const struct i2n_tree *t = r->survey->tree;

	for (; !r->dead && r->next < t->n_inodes && r->out < OPS_MAX; r->next++)
		if (must_settle(&r->survey->have, t, r->next) && start(r, r->next) != I2N_OK)
			return;
}

int i2n_survey_settle(struct i2n_survey *s, struct i2n_sink *sink, const struct i2n_notes *notes,
		      const struct i2n_survey_opts *opts, struct i2n_err *err)
{
	struct settler r = { .survey = s, .sink = sink, .notes = notes };

	for (;;) {
		if (!r.dead && opts->stop && *opts->stop) {
			r.dead = true;
			i2n_err_set(&r.err, I2N_DOM_STOPPED, *opts->stop, "stopped by signal %d",
				    *opts->stop);
			i2n_sink_cancel(sink, *opts->stop);
		}
		fill(&r);
		if (!sink->outstanding)
			break;
		if (i2n_sink_service(sink, SERVICE_MS, err))
			return I2N_FATAL;
	}
	if (r.dead)
		*err = r.err;
	return r.dead ? I2N_FATAL : I2N_OK;
}

int i2n_settle_root(const struct i2n_tree *tree, struct i2n_sink *sink,
		    const struct i2n_notes *notes, const volatile int *stop, struct i2n_err *err)
{
	struct i2n_op op = { .kind = I2N_OP_DIRATTR, .obj = I2N_OBJ_ROOT, .dirent = I2N_NONE,
			     .inode = &tree->inodes[tree->root] };
	int rc = i2n_sink_do(sink, &op, stop, err);

	if (rc == I2N_BADNODE) {
		i2n_note(notes, I2N_NOTE_FAILED, "store", ".", 1, "%s", err->msg);
		rc = I2N_OK;
	}
	return rc == I2N_OK ? i2n_sink_finish(sink, err) : rc;
}
