#include "img2nfs/update.h"

#include "survey_own.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SERVICE_MS 200
#define PROGRESS_MS 200

void survey_die(struct survey *s, const struct i2n_err *err)
{
	if (s->dead)
		return;
	s->dead = true;
	s->err = *err;
	i2n_sink_cancel(s->sink, err->domain == I2N_DOM_STOPPED ? (int)err->code : 0);
}

void survey_no_memory(struct survey *s)
{
	struct i2n_err err;

	(void)i2n_err_nomem(&err);
	survey_die(s, &err);
}

void survey_note(struct survey *s, enum i2n_note_kind kind, const char *cls, uint32_t dirent,
		 const char *text)
{
	size_t len = 0;
	char *path = i2n_tree_path(s->tree, dirent, &len);

	/* without memory for the path the note still counts */
	i2n_note(s->notes, kind, cls, path, len, "%s", text);
	free(path);
}

int i2n_survey_extra_add(struct i2n_survey *res, const struct i2n_extra *extra,
			 const unsigned char *name)
{
	size_t cap = res->cap_extras ? 2 * res->cap_extras : 64;
	struct i2n_extra *grown = res->extras;
	char *copy;

	if (res->n_extras == res->cap_extras) {
		grown = realloc(res->extras, cap * sizeof(*grown));
		if (!grown)
			return I2N_FATAL;
		res->extras = grown;
		res->cap_extras = cap;
	}
	copy = malloc(extra->name_len + 1);
	if (!copy)
		return I2N_FATAL;
	memcpy(copy, name, extra->name_len);
	copy[extra->name_len] = '\0';
	res->extras[res->n_extras] = *extra;
	res->extras[res->n_extras++].name = copy;
	res->n_extra += extra->kind == I2N_EXTRA;
	return I2N_OK;
}

void survey_frees(struct survey *s, uint64_t bytes)
{
	uint64_t *sum = &s->res->frees;

	*sum = bytes > UINT64_MAX - *sum ? UINT64_MAX : *sum + bytes;
}

static void remember_time(struct survey *s, uint32_t dirent)
{
	size_t cap = s->cap_times ? 2 * s->cap_times : 64;
	uint32_t *grown;

	if (s->n_times == s->cap_times) {
		grown = realloc(s->times, cap * sizeof(*grown));
		if (!grown) {
			survey_no_memory(s);
			return;
		}
		s->times = grown;
		s->cap_times = cap;
	}
	s->times[s->n_times++] = dirent;
}

static void decide(struct survey *s, uint32_t dirent, unsigned differs, i2n_obj obj, bool keep)
{
	uint32_t inode = s->tree->dirents[dirent].inode;
	bool is_link = i2n_inode_type(&s->tree->inodes[inode]) == I2N_S_IFLNK;
	unsigned renew = I2N_DIFFER_SIZE | I2N_DIFFER_CONTENT | I2N_DIFFER_TYPE | I2N_DIFFER_LINK;
	enum i2n_have_verdict v = differs ? I2N_HAVE_ATTRS : I2N_HAVE_EQUAL;

	/* a right mtime marks complete content: a wrong one says nothing, unless the content was
	 * compared */
	if (!is_link && !s->opts->checksum)
		renew |= I2N_DIFFER_MTIME;
	if (differs & renew)
		v = I2N_HAVE_OTHER;
	if (is_link && !(differs & I2N_DIFFER_MTIME))
		s->symlink_times_kept = true;
	if (is_link && differs == I2N_DIFFER_MTIME)
		remember_time(s, dirent);
	s->res->differs[dirent] = (uint16_t)differs;
	s->res->have.verdicts[dirent] = (unsigned char)v;
	if (v == I2N_HAVE_ATTRS || (v == I2N_HAVE_EQUAL && keep))
		s->res->have.objs[inode] = obj;
	else
		i2n_sink_release(s->sink, obj);
}

void survey_decide(struct survey *s, uint32_t dirent, unsigned differs, i2n_obj obj, bool keep)
{
	if (differs || !survey_has_acl(s, s->tree->dirents[dirent].inode)) {
		decide(s, dirent, differs, obj, keep);
		return;
	}
	s->res->have.verdicts[dirent] = I2N_HAVE_OTHER;	/* until it is decided */
	survey_acl_push(s, dirent, obj, keep);
}

/* Directories, the root with I2N_NONE among them, have been decided on and keep their object. */
void survey_take_acl(struct survey *s, const struct i2n_compare_task *task, bool equal)
{
	uint32_t d = task->dirent, at = d == I2N_NONE ? s->tree->n_dirents : d;

	if (i2n_inode_type(task->in) != I2N_S_IFDIR) {
		decide(s, d, equal ? 0 : I2N_DIFFER_ACL, task->obj, task->flag);
	} else if (!equal && s->res->have.verdicts[at] == I2N_HAVE_EQUAL) {
		s->res->differs[at] |= I2N_DIFFER_ACL;
		s->res->have.verdicts[at] = I2N_HAVE_ATTRS;
	}
}

/* --- what is known when all has been listed --- */

static int by_id(const void *a, const void *b)
{
	const struct survey_id *x = a, *y = b;

	if (x->fsid != y->fsid)
		return x->fsid < y->fsid ? -1 : 1;
	if (x->fileid != y->fileid)
		return x->fileid < y->fileid ? -1 : 1;
	if (x->inode != y->inode)
		return x->inode < y->inode ? -1 : 1;
	return x->dirent < y->dirent ? -1 : x->dirent > y->dirent;
}

static void renew(struct survey *s, uint32_t dirent)
{
	struct i2n_have *have = &s->res->have;
	uint32_t inode = s->tree->dirents[dirent].inode;

	have->verdicts[dirent] = I2N_HAVE_OTHER;
	s->res->differs[dirent] |= I2N_DIFFER_LINK;
	if (s->tree->inodes[inode].first_dirent != dirent)
		return;
	i2n_sink_release(s->sink, have->objs[inode]);
	have->objs[inode] = I2N_OBJ_NONE;
}

/* One object there under ids[0..n): it is that of one inode of the tree, the first whose first name
 * is right. The names of that are right, the others are not. */
static void judge_object(struct survey *s, const struct survey_id *ids, size_t n)
{
	const struct i2n_have *have = &s->res->have;
	uint32_t owner = I2N_NONE;

	for (size_t i = 0; i < n && owner == I2N_NONE; i++) {
		unsigned v = have->verdicts[ids[i].dirent];

		if (s->tree->inodes[ids[i].inode].first_dirent == ids[i].dirent &&
		    (v == I2N_HAVE_EQUAL || v == I2N_HAVE_ATTRS))
			owner = ids[i].inode;
	}
	for (size_t i = 0; i < n; i++) {
		if (ids[i].inode != owner)
			renew(s, ids[i].dirent);
		else if (s->tree->inodes[owner].first_dirent != ids[i].dirent)
			have->verdicts[ids[i].dirent] = I2N_HAVE_EQUAL;
	}
}

static void judge_links(struct survey *s)
{
	if (s->n_ids)	/* else there is no array */
		qsort(s->ids, s->n_ids, sizeof(*s->ids), by_id);
	for (size_t i = 0, n; i < s->n_ids; i += n) {
		for (n = 1; i + n < s->n_ids && s->ids[i].fileid == s->ids[i + n].fileid &&
			    s->ids[i].fsid == s->ids[i + n].fsid;)
			n++;
		judge_object(s, s->ids + i, n);
	}
}

/* Symlinks with other times: are they the server's doing? Where one is right, the others could
 * be. */
static void judge_times(struct survey *s)
{
	for (size_t i = 0; i < s->n_times; i++) {
		uint32_t d = s->times[i], inode = s->tree->dirents[d].inode;
		struct i2n_have *have = &s->res->have;

		if (s->symlink_times_kept || have->verdicts[d] != I2N_HAVE_ATTRS)
			continue;
		survey_note(s, I2N_NOTE_LOSS, "symlink-times", d,
			    "the server does not keep the times of symlinks");
		have->verdicts[d] = I2N_HAVE_EQUAL;
		s->res->differs[d] = 0;
		if (s->tree->inodes[inode].links > 1)
			continue;
		i2n_sink_release(s->sink, have->objs[inode]);
		have->objs[inode] = I2N_OBJ_NONE;
	}
}

/* What is below something protected is; a link to a protected object cannot be made, as it is not
 * known what it is. */
static void spread_protection(struct survey *s)
{
	const struct i2n_tree *t = s->tree;
	unsigned char *v = s->res->have.verdicts;

	for (uint32_t i = 0; i < s->plan->n_dirs; i++) {
		const struct i2n_inode *in = &t->inodes[t->dirents[s->plan->dirs[i]].inode];

		if (v[s->plan->dirs[i]] == I2N_HAVE_PROTECTED)
			memset(v + in->dir.first, I2N_HAVE_PROTECTED, in->dir.count);
	}
	for (uint32_t i = 0; i < s->plan->n_links; i++) {
		uint32_t d = s->plan->links[i], first = t->inodes[t->dirents[d].inode].first_dirent;

		if (v[first] != I2N_HAVE_PROTECTED || v[d] == I2N_HAVE_PROTECTED)
			continue;
		v[d] = I2N_HAVE_BLOCKED;
		survey_note(s, I2N_NOTE_FAILED, "store", d,
			    "cannot make a link to what is protected");
	}
}

/* Losses of objects that are left alone; of the others the engine tells them. */
static void tell_losses(struct survey *s)
{
	const struct i2n_tree *t = s->tree;

	for (uint32_t d = 0; d < t->n_dirents; d++) {
		const struct i2n_inode *in = &t->inodes[t->dirents[d].inode];
		bool fits = in->mtime >= s->sink->time_first && in->mtime <= s->sink->time_last &&
			    in->atime >= s->sink->time_first && in->atime <= s->sink->time_last;

		if (!fits && in->first_dirent == d && s->res->have.verdicts[d] == I2N_HAVE_EQUAL)
			survey_note(s, I2N_NOTE_LOSS, "time-range", d,
				    "a time before 1970 or after 2106 was moved to the nearest "
				    "that NFSv3 can express");
	}
}

/* --- the root --- */

struct root_op {
	struct i2n_op op;	/* first member */
	struct survey *s;
};

static void on_root(struct i2n_op *op)
{
	struct root_op *ro = (struct root_op *)(void *)op;
	struct survey *s = ro->s;
	uint32_t at = s->tree->n_dirents;
	unsigned differs;

	if (op->rc != I2N_OK) {
		survey_die(s, &op->err);
		return;
	}
	differs = i2n_differ(&s->tree->inodes[s->tree->root], &op->attr, s->sink);
	s->res->differs[at] = (uint16_t)differs;
	s->res->have.verdicts[at] = differs ? I2N_HAVE_ATTRS : I2N_HAVE_EQUAL;
	if (!differs && survey_has_acl(s, s->tree->root))
		survey_acl_push(s, I2N_NONE, I2N_OBJ_ROOT, true);
	if (survey_dir_push(s, s->tree->root, I2N_NONE))
		survey_no_memory(s);
}

/* --- the loop --- */

static int64_t now_ms(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);	/* cannot fail with this clock and a valid
							 * pointer */
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static void look_for_stop(struct survey *s)
{
	struct i2n_err err;

	if (s->dead || !s->opts->stop || !*s->opts->stop)
		return;
	i2n_err_set(&err, I2N_DOM_STOPPED, *s->opts->stop, "stopped by signal %d", *s->opts->stop);
	survey_die(s, &err);
}

static void fill(struct survey *s)
{
	struct i2n_err err;
	int rc = I2N_OK;

	while (!s->dead && rc == I2N_OK) {
		rc = survey_list_start(s);
		if (rc != I2N_END)
			continue;
		rc = i2n_compare_next(&s->compare, &err);
		if (rc == I2N_FATAL)
			survey_die(s, &err);
	}
}

static void show(struct survey *s, int64_t *last)
{
	int64_t now = now_ms();

	if (!s->opts->progress || now - *last < PROGRESS_MS)
		return;
	*last = now;
	s->p.requests = i2n_sink_requests(s->sink);
	s->p.written = s->compare.bytes;
	s->opts->progress(s->opts->ctx, &s->p);
}

static void loop(struct survey *s)
{
	struct root_op ro = { .s = s };
	int64_t last = now_ms();
	struct i2n_err err;
	int rc;

	ro.op = (struct i2n_op){
		.kind = I2N_OP_GETATTR, .obj = I2N_OBJ_ROOT, .dirent = I2N_NONE, .done = on_root
	};
	while ((rc = i2n_sink_submit(s->sink, &ro.op, &err)) == I2N_RETRY)
		if (i2n_sink_service(s->sink, SERVICE_MS, &err))
			break;
	if (rc != I2N_OK) {
		survey_die(s, &err);
		return;
	}
	for (;;) {
		look_for_stop(s);
		fill(s);
		if (s->dead)
			i2n_compare_stop(&s->compare);
		if (!s->sink->outstanding)
			break;
		if (i2n_sink_service(s->sink, SERVICE_MS, &err)) {
			survey_die(s, &err);
			break;
		}
		show(s, &last);
	}
}

static int init(struct survey *s, struct i2n_err *err)
{
	const struct i2n_tree *t = s->tree;
	struct i2n_have *have;

	s->res = calloc(1, sizeof(*s->res));
	if (!s->res)
		return i2n_err_nomem(err);
	have = &s->res->have;
	s->res->tree = t;
	have->verdicts = calloc((size_t)t->n_dirents + 1, 1);
	have->dirs = calloc(t->n_inodes, 1);
	have->objs = malloc((size_t)t->n_inodes * sizeof(*have->objs));
	s->res->differs = calloc((size_t)t->n_dirents + 1, sizeof(*s->res->differs));
	if (!have->verdicts || !have->dirs || !have->objs || !s->res->differs)
		return i2n_err_nomem(err);
	for (uint32_t i = 0; i < t->n_inodes; i++)
		have->objs[i] = I2N_OBJ_NONE;
	have->objs[t->root] = I2N_OBJ_ROOT;
	s->p.total = s->plan->totals;
	return I2N_OK;
}

static void release(struct survey *s)
{
	while (s->dirs) {
		struct survey_dir *d = s->dirs;

		s->dirs = d->next;
		free(d);
	}
	i2n_compare_release(&s->compare);
	free(s->ids);
	free(s->times);
}

int i2n_survey_run(const struct i2n_plan *plan, struct i2n_reader *reader, struct i2n_sink *sink,
		   const struct i2n_notes *notes, const struct i2n_survey_opts *opts,
		   struct i2n_survey **ret, struct i2n_err *err)
{
	struct survey s = { .plan = plan,
			    .tree = plan->tree,
			    .reader = reader,
			    .sink = sink,
			    .notes = notes,
			    .opts = opts };
	int rc = init(&s, err);

	survey_read_init(&s);
	if (rc == I2N_OK && !sink->absent) {
		loop(&s);
		s.res->bytes_read = s.compare.bytes;
		s.res->hole_bytes = s.compare.hole_bytes;
		if (s.dead) {
			rc = I2N_FATAL;
			*err = s.err;
		}
	}
	if (rc == I2N_OK) {
		judge_links(&s);
		judge_times(&s);
		spread_protection(&s);
		tell_losses(&s);
	}
	release(&s);
	if (rc != I2N_OK) {
		i2n_survey_free(s.res);
		return rc;
	}
	*ret = s.res;
	return I2N_OK;
}

void i2n_survey_free(struct i2n_survey *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->n_extras; i++)
		free(s->extras[i].name);
	free(s->extras);
	free(s->have.verdicts);
	free(s->have.dirs);
	free(s->have.objs);
	free(s->differs);
	free(s);
}
