#include "img2nfs/verify.h"

#include "verify_own.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define LISTS_MAX 16		/* directories listed at a time */
#define TASKS_HIGH 2048		/* no more listing while so many objects wait for their content */
#define PROGRESS_MS 200

const char *i2n_diff_word(enum i2n_diff d)
{
	static const char *const words[I2N_DIFFS] = {
		[I2N_DIFF_MISSING] = "missing", [I2N_DIFF_EXTRA] = "extra",
		[I2N_DIFF_TYPE] = "type",	[I2N_DIFF_MODE] = "mode",
		[I2N_DIFF_OWNER] = "owner",	[I2N_DIFF_SIZE] = "size",
		[I2N_DIFF_MTIME] = "mtime",	[I2N_DIFF_CONTENT] = "content",
		[I2N_DIFF_TARGET] = "target",	[I2N_DIFF_RDEV] = "rdev",
		[I2N_DIFF_LINKS] = "links",	[I2N_DIFF_ACL] = "acl",
	};

	return words[d];
}

void verify_die(struct verify *v, const struct i2n_err *err)
{
	if (v->dead)
		return;
	v->dead = true;
	v->err = *err;
	i2n_sink_cancel(v->sink, err->domain == I2N_DOM_STOPPED ? (int)err->code : 0);
}

static void tell(struct verify *v, enum i2n_note_kind kind, const char *cls, uint32_t dirent,
		 const char *text)
{
	size_t len = 0;
	char *path = i2n_tree_path(v->tree, dirent, &len);

	i2n_note(v->notes, kind, cls, path, len, "%s", text);
	free(path);
}

void verify_differ(struct verify *v, enum i2n_diff d, uint32_t dirent, const char *fmt, ...)
{
	char text[900];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);	/* the parts are bounded */
	va_end(ap);
	v->res->differs[d]++;
	tell(v, I2N_NOTE_DIFFERS, i2n_diff_word(d), dirent, text);
}

void verify_unread(struct verify *v, uint32_t dirent, const struct i2n_err *err)
{
	bool image = err->blame == I2N_BLAME_IMAGE;

	v->res->unread++;
	tell(v, image ? I2N_NOTE_DAMAGED : I2N_NOTE_FAILED, image ? "content" : "read", dirent,
	     err->msg);
}

bool verify_op_back(struct verify *v, const struct i2n_op *op)
{
	v->out--;
	if (op->rc == I2N_FATAL)
		verify_die(v, &op->err);
	else if (op->rc != I2N_OK && !v->dead)
		verify_unread(v, op->dirent, &op->err);
	return op->rc == I2N_OK && !v->dead;
}

int verify_submit(struct verify *v, struct i2n_op *op)
{
	struct i2n_err err;
	int rc = i2n_sink_submit(v->sink, op, &err);

	if (rc == I2N_OK)
		v->out++;
	else if (rc == I2N_FATAL)
		verify_die(v, &err);
	return rc;
}

void verify_count(struct verify *v, uint32_t inode, bool is_link)
{
	if (inode != v->tree->root)
		i2n_totals_add(&v->res->at.done, &v->tree->inodes[inode], is_link);
}

static void count_all(struct verify *v)
{
	const struct i2n_tree *t = v->tree;

	for (uint32_t d = 0; d < t->n_dirents; d++) {
		const struct i2n_inode *in = &t->inodes[t->dirents[d].inode];

		i2n_totals_add(&v->res->at.total, in, in->first_dirent != d);
	}
}

/* --- the root --- */

struct root_op {
	struct i2n_op op;	/* first member */
	struct verify *v;
};

static bool is_others_dir(const struct verify *v, const struct i2n_attr *got)
{
	return v->opts->others && (got->mode & I2N_S_IFMT) == I2N_S_IFDIR;
}

static void on_root(struct i2n_op *op)
{
	struct root_op *ro = (struct root_op *)(void *)op;
	struct verify *v = ro->v;
	struct i2n_err err;

	if (verify_op_back(v, op) &&
	    (is_others_dir(v, &op->attr) ||
	     verify_attrs(v, I2N_NONE, v->tree->root, &op->attr)) &&
	    verify_object_push(v, I2N_NONE, v->tree->root, &op->attr, I2N_OBJ_ROOT)) {
		(void)i2n_err_nomem(&err);
		verify_die(v, &err);
	}
	free(ro);
}

static int start(struct verify *v)
{
	struct root_op *ro = calloc(1, sizeof(*ro));
	struct i2n_err err;
	int rc;

	if (!ro) {
		(void)i2n_err_nomem(&err);
		verify_die(v, &err);
		return I2N_FATAL;
	}
	ro->v = v;
	ro->op = (struct i2n_op){ .kind = I2N_OP_GETATTR, .obj = I2N_OBJ_ROOT, .dirent = I2N_NONE,
				  .done = on_root };
	rc = verify_submit(v, &ro->op);
	if (rc != I2N_OK)
		free(ro);
	return rc;
}

/* --- the loop --- */

/* A paused directory goes on when nothing below those listed is left: so few are paused. */
static struct verify_dir *take_dir(struct verify *v)
{
	struct verify_dir **from = v->dirs ? &v->dirs : &v->paused, *dir = *from;

	if (dir) {
		*from = dir->next;
		v->n_dirs -= from == &v->dirs;
	}
	return dir;
}

static int list_next(struct verify *v)
{
	struct verify_dir *dir;
	int rc;

	if (v->lists_out >= LISTS_MAX || v->compare.n_tasks >= TASKS_HIGH)
		return I2N_END;
	dir = take_dir(v);
	if (!dir)
		return I2N_END;
	rc = verify_dir_start(v, dir);
	if (rc != I2N_OK) {
		dir->next = v->dirs;
		v->dirs = dir;
		v->n_dirs++;
	}
	return rc;
}

/* Keep as much under way as the sink takes. */
static void fill(struct verify *v)
{
	struct i2n_err err;
	int rc = I2N_OK;

	while (rc == I2N_OK && !v->dead) {
		rc = list_next(v);
		if (rc != I2N_END)
			continue;
		rc = i2n_compare_next(&v->compare, &err);
		if (rc == I2N_FATAL)
			verify_die(v, &err);
	}
}

static bool is_over(const struct verify *v)
{
	if (v->out || v->compare.out)
		return false;
	return v->dead || (!v->dirs && !v->paused && i2n_compare_is_idle(&v->compare));
}

static int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static void show(struct verify *v)
{
	struct i2n_progress *at = &v->res->at;

	at->requests = i2n_sink_requests(v->sink);
	v->res->bytes = v->compare.bytes;
	v->res->hole_bytes = v->compare.hole_bytes;
	at->written = v->res->bytes;
	at->failed = v->res->differs[I2N_DIFF_MISSING] + v->res->unread;
	if (v->opts->progress)
		v->opts->progress(v->opts->ctx, at);
}

static void look_for_stop(struct verify *v)
{
	struct i2n_err err;

	if (!v->opts->stop || !*v->opts->stop || v->dead)
		return;
	i2n_err_set(&err, I2N_DOM_STOPPED, *v->opts->stop, "stopped by signal %d", *v->opts->stop);
	verify_die(v, &err);
}

static void loop(struct verify *v)
{
	int64_t shown = now_ms(), now;
	struct i2n_err err;

	while (!is_over(v)) {
		look_for_stop(v);
		fill(v);
		if ((v->out || v->compare.out) && i2n_sink_service(v->sink, 200, &err) != I2N_OK)
			verify_die(v, &err);
		if (v->dead)
			i2n_compare_stop(&v->compare);
		now = now_ms();
		if (now - shown >= PROGRESS_MS) {
			show(v);
			shown = now;
		}
	}
}

static void release(struct verify *v)
{
	struct verify_dir *dir;

	while ((dir = take_dir(v)))
		verify_dir_free(v, dir);
	i2n_compare_release(&v->compare);
	free(v->times);
	free(v->ids);
	free(v->parted);
	free(v->seen);
}

int i2n_verify_run(const struct i2n_tree *tree, struct i2n_reader *reader, struct i2n_sink *sink,
		   const struct i2n_verify_opts *opts, const struct i2n_notes *notes,
		   struct i2n_verify_result *ret, struct i2n_err *err)
{
	struct verify v = { .tree = tree, .reader = reader, .sink = sink, .opts = opts,
			    .notes = notes, .res = ret };
	int rc = I2N_OK;

	*ret = (struct i2n_verify_result){ 0 };
	verify_compare_init(&v, opts->bytes ? opts->bytes : I2N_COMPARE_BUDGET);
	v.compare.digests = opts->digests;
	v.seen = calloc(tree->n_dirents / 8 + 1, 1);
	v.parted = calloc(tree->n_inodes / 8 + 1, 1);
	v.ids = calloc(tree->n_inodes, sizeof(*v.ids));
	if (!v.seen || !v.parted || !v.ids) {
		rc = i2n_err_nomem(err);
		goto out;
	}
	count_all(&v);
	if (start(&v) == I2N_OK)
		loop(&v);
	if (!v.dead) {
		verify_symlink_times(&v);
		rc = verify_merged(&v, err);
	} else {
		rc = I2N_FATAL;
		*err = v.err;
	}
out:
	for (unsigned d = 0; d < I2N_DIFFS; d++)
		ret->differences += ret->differs[d];
	ret->at.left = ret->at.total.objects - ret->at.done.objects;
	show(&v);
	release(&v);
	return rc;
}
