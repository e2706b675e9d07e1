#include "img2nfs/update.h"

#include <stdlib.h>
#include <string.h>

#define OPS_MAX 128		/* requests at a time; the sink may take fewer */
#define SERVICE_MS 200
#define NFS3ERR_NOTEMPTY 66	/* RFC 1813 2.6 */
#define NFS3ERR_STALE 70
#define AGAIN_MAX 3		/* further listings of one directory */

/* One thing to be removed; a directory after all that is in it. Not recursive: `ready` is a stack,
 * so what is below a directory goes before its siblings and little is held at a time. */
struct node {
	struct node *parent, *next;
	struct i2n_extra *extra;	/* of the topmost ones */
	char *path;			/* from the destination directory; the name is its end */
	size_t path_len, name_len;
	i2n_obj obj;
	size_t pending;			/* children still there */
	unsigned char again;	/* how often it was listed again */
	bool is_dir, listed;
	bool kept;			/* something in it is protected or could not be removed */
};

struct remover {
	struct i2n_survey *survey;
	struct i2n_sink *sink;
	const struct i2n_notes *notes;
	const struct i2n_survey_opts *opts;
	bool deep;
	struct node *ready;
	size_t next_extra;
	enum i2n_extra_kind kind;
	unsigned out;
	uint64_t removed;
	bool dead;
	struct i2n_err err;
};

struct node_op {
	struct i2n_op op;	/* first member */
	struct remover *r;
	struct node *node;
	struct node *children;
};

static void die(struct remover *r, const struct i2n_err *err)
{
	if (r->dead)
		return;
	r->dead = true;
	r->err = *err;
	i2n_sink_cancel(r->sink, err->domain == I2N_DOM_STOPPED ? (int)err->code : 0);
}

static void no_memory(struct remover *r)
{
	struct i2n_err err;

	(void)i2n_err_nomem(&err);
	die(r, &err);
}

static void push(struct remover *r, struct node *n)
{
	n->next = r->ready;
	r->ready = n;
}

static void node_free(struct remover *r, struct node *n)
{
	i2n_sink_release(r->sink, n->obj);
	free(n->path);
	free(n);
}

/* dir: path of the directory it is in, "." for the topmost. NULL: out of memory. Takes obj. */
static struct node *node_new(struct remover *r, const char *dir, size_t dir_len, const void *name,
			     size_t name_len,
			     i2n_obj obj)
{
	struct node *n = calloc(1, sizeof(*n));
	bool top = dir_len == 1 && dir[0] == '.';
	size_t skip = top ? 0 : dir_len + 1;
	char *path = malloc(skip + name_len + 1);

	if (!n || !path) {
		free(n);
		free(path);
		i2n_sink_release(r->sink, obj);
		no_memory(r);
		return NULL;
	}
	if (!top) {
		memcpy(path, dir, dir_len);
		path[dir_len] = '/';
	}
	memcpy(path + skip, name, name_len);
	path[skip + name_len] = '\0';
	n->path = path;
	n->path_len = skip + name_len;
	n->name_len = name_len;
	n->obj = obj;
	return n;
}

static bool is_protected(const struct remover *r, const struct node *n)
{
	const struct i2n_survey_opts *o = r->opts;

	return (o->is_protected && o->is_protected(o->protect_ctx, n->path, n->path_len)) ||
	       (o->is_excluded && o->is_excluded(o->exclude_ctx, n->path, n->path_len));
}

/* A topmost node is gone, or stays. */
static void end_extra(struct remover *r, struct i2n_extra *x, bool kept)
{
	struct i2n_have *have = &r->survey->have;

	if (!kept && x->kind == I2N_EXTRA_BLOCK)
		have->verdicts[x->dirent] = I2N_HAVE_NOTHING;
	have->dirs[x->dir] |= I2N_HAVE_TOUCHED;
	free(x->name);
	x->name = NULL;
}

static void end_node(struct remover *r, struct node *n, bool kept)
{
	struct node *parent = n->parent;

	r->removed += !kept;
	if (n->extra)
		end_extra(r, n->extra, kept);
	if (parent) {
		parent->kept |= kept;
		if (!--parent->pending)
			push(r, parent);
	}
	node_free(r, n);
}

static void tell(struct remover *r, const struct node *n, const struct i2n_err *err)
{
	bool block = n->extra && n->extra->kind == I2N_EXTRA_BLOCK;

	if (block && n->is_dir && !r->deep)
		i2n_note(r->notes, I2N_NOTE_FAILED, "store", n->path, n->path_len,
			 "a directory that is not empty is in its place; --delete removes it");
	else
		i2n_note(r->notes, I2N_NOTE_FAILED, block ? "store" : "remove", n->path,
			 n->path_len, "%s", err->msg);
}

/* --- the requests --- */

/* Children are found before any is removed: cookies of a directory that changes are worth
 * little. */
static void on_entry(struct i2n_op *op, const struct i2n_entry *e)
{
	struct node_op *no = (struct node_op *)(void *)op;
	struct remover *r = no->r;
	struct node *n = no->node, *c;

	if (!e) {
		while ((c = no->children)) {
			no->children = c->next;
			node_free(r, c);
		}
		n->pending = 0;
		return;
	}
	c = e->name_len <= I2N_NAME_MAX ? node_new(r, n->path, n->path_len, e->name, e->name_len,
						   e->obj) : NULL;
	if (!c) {	/* a name that no request can hold, or no memory: then all ends */
		n->kept = true;
		return;
	}
	c->is_dir = (e->attr.mode & I2N_S_IFMT) == I2N_S_IFDIR;
	c->parent = n;
	c->next = no->children;
	no->children = c;
	n->pending++;
}

static void on_listed(struct remover *r, struct node_op *no)
{
	struct node *n = no->node, *c;

	n->listed = true;
	if (!n->pending)
		push(r, n);
	while ((c = no->children)) {
		no->children = c->next;
		push(r, c);
	}
}

/* The run ends: forget a node, and those above it that waited for nothing else. */
static void give_up(struct remover *r, struct node *n)
{
	while (n) {
		struct node *parent = n->parent;

		node_free(r, n);
		n = parent && !--parent->pending ? parent : NULL;
	}
}

static void drop_children(struct remover *r, struct node_op *no)
{
	struct node *c;

	while ((c = no->children)) {
		no->children = c->next;
		node_free(r, c);
	}
	no->node->pending = 0;
}

/* It is gone, says the server. nfs-ganesha 4.3 said it once of a directory that nobody else had
 * removed; why is not known. */
static bool is_stale(const struct i2n_err *err)
{
	return err->domain == I2N_DOM_NFS3 && err->code == NFS3ERR_STALE;
}

/* All that a directory was said to hold is gone, and it is not empty: it is listed again. A listing
 * can lack something: an nfs-ganesha that was busy left out a name whose inode was losing another
 * name at that moment. */
static bool is_listed_again(struct remover *r, struct node *n, const struct i2n_op *op)
{
	if (op->kind != I2N_OP_RMDIR || op->err.domain != I2N_DOM_NFS3 ||
	    op->err.code != NFS3ERR_NOTEMPTY || !r->deep || n->again >= AGAIN_MAX)
		return false;
	n->again++;
	n->listed = false;
	push(r, n);
	return true;
}

static void on_back(struct i2n_op *op)
{
	struct node_op *no = (struct node_op *)(void *)op;
	struct remover *r = no->r;

	r->out--;
	if (op->rc == I2N_FATAL) {
		die(r, &op->err);
		drop_children(r, no);
		give_up(r, no->node);
	} else if (op->rc != I2N_OK && op->kind == I2N_OP_LIST && is_stale(&op->err)) {
		drop_children(r, no);
		no->node->listed = true;
		push(r, no->node);	/* RMDIR by its name finds out */
	} else if (op->rc != I2N_OK && is_listed_again(r, no->node, op)) {
		;
	} else if (op->rc != I2N_OK) {
		tell(r, no->node, &op->err);
		drop_children(r, no);
		end_node(r, no->node, true);
	} else if (op->kind == I2N_OP_LIST) {
		on_listed(r, no);
	} else {
		end_node(r, no->node, false);
	}
	free(no);
}

static void fill_op(struct remover *r, struct node_op *no, struct node *n)
{
	no->r = r;
	no->node = n;
	no->op = (struct i2n_op){ .dirent = I2N_NONE, .done = on_back };
	if (n->is_dir && !n->listed && r->deep) {
		no->op.kind = I2N_OP_LIST;
		no->op.obj = n->obj;
		no->op.on_entry = on_entry;
		return;
	}
	no->op.kind = n->is_dir ? I2N_OP_RMDIR : I2N_OP_REMOVE;
	no->op.parent = n->parent ? n->parent->obj : r->survey->have.objs[n->extra->dir];
	no->op.name = (const unsigned char *)n->path + n->path_len - n->name_len;
	no->op.name_len = (unsigned char)n->name_len;
}

/* I2N_RETRY: no room, the node is still ready. */
static int start_node(struct remover *r, struct node *n)
{
	struct node_op *no;
	struct i2n_err err;
	int rc;

	if (n->kept || (!n->listed && is_protected(r, n))) {
		end_node(r, n, true);
		return I2N_OK;
	}
	no = calloc(1, sizeof(*no));
	if (!no) {
		no_memory(r);
		push(r, n);
		return I2N_FATAL;
	}
	fill_op(r, no, n);
	rc = i2n_sink_submit(r->sink, &no->op, &err);
	if (rc == I2N_OK) {
		r->out++;
		return rc;
	}
	free(no);
	push(r, n);
	if (rc == I2N_FATAL)
		die(r, &err);
	return rc;
}

/* --- the loop --- */

/* The next extra of the kind, as a node. false: no more. */
static bool next_extra(struct remover *r)
{
	struct i2n_survey *s = r->survey;

	while (r->next_extra < s->n_extras) {
		struct i2n_extra *x = &s->extras[r->next_extra++];
		uint32_t dirent = s->tree->inodes[x->dir].first_dirent;
		size_t len = 0;
		struct node *n;
		char *dir;

		if (!x->name || x->kind != r->kind || x->name_len > I2N_NAME_MAX)
			continue;
		dir = i2n_tree_path(s->tree, dirent, &len);
		n = dir ? node_new(r, dir, len, x->name, x->name_len, x->obj) : NULL;
		if (!dir)
			no_memory(r);
		free(dir);
		if (!n)
			return false;
		n->extra = x;
		n->is_dir = x->is_dir;
		x->obj = I2N_OBJ_NONE;
		push(r, n);
		return true;
	}
	return false;
}

static void look_for_stop(struct remover *r)
{
	struct i2n_err err;

	if (r->dead || !r->opts->stop || !*r->opts->stop)
		return;
	i2n_err_set(&err, I2N_DOM_STOPPED, *r->opts->stop, "stopped by signal %d", *r->opts->stop);
	die(r, &err);
}

static void fill(struct remover *r)
{
	int rc = I2N_OK;

	while (!r->dead && rc == I2N_OK && r->out < OPS_MAX) {
		struct node *n;

		if (!r->ready && !next_extra(r))
			return;
		n = r->ready;
		r->ready = n->next;
		rc = start_node(r, n);
	}
}

static void loop(struct remover *r)
{
	struct i2n_err err;

	for (;;) {
		look_for_stop(r);
		fill(r);
		if (!r->sink->outstanding)
			return;
		if (i2n_sink_service(r->sink, SERVICE_MS, &err)) {
			die(r, &err);
			return;
		}
	}
}

int i2n_remove_run(struct i2n_survey *s, struct i2n_sink *sink, enum i2n_extra_kind kind, bool deep,
		   const struct i2n_notes *notes, const struct i2n_survey_opts *opts,
		   uint64_t *ret_removed, struct i2n_err *err)
{
	struct remover r = {
		.survey = s, .sink = sink, .notes = notes, .opts = opts, .deep = deep, .kind = kind
	};

	loop(&r);
	*ret_removed += r.removed;
	while (r.ready) {	/* only after a fatal end */
		struct node *n = r.ready;

		r.ready = n->next;
		give_up(&r, n);
	}
	if (r.dead)
		*err = r.err;
	return r.dead ? I2N_FATAL : I2N_OK;
}

/* The same with a survey of one name. */
static int remove_extra(struct i2n_sink *sink, struct i2n_extra *extra,
			const struct i2n_notes *notes, const struct i2n_survey_opts *opts,
			uint64_t *ret_removed, struct i2n_err *err)
{
	struct i2n_inode root = { .mode = I2N_S_IFDIR, .first_dirent = I2N_NONE };
	struct i2n_tree tree = { .inodes = &root, .n_inodes = 1 };
	unsigned char dirs = 0;
	i2n_obj obj = I2N_OBJ_ROOT;
	struct i2n_survey survey = {
		.tree = &tree, .have = { .dirs = &dirs, .objs = &obj }, .extras = extra,
		.n_extras = 1,
	};

	return i2n_remove_run(&survey, sink, I2N_EXTRA, true, notes, opts, ret_removed, err);
}

int i2n_remove_tree(struct i2n_sink *sink, const char *name, const struct i2n_notes *notes,
		    const struct i2n_survey_opts *opts, uint64_t *ret_removed, struct i2n_err *err)
{
	size_t len = strlen(name);
	struct i2n_op op = { .kind = I2N_OP_LOOKUP, .dirent = I2N_NONE, .parent = I2N_OBJ_ROOT,
			     .name = (const unsigned char *)name, .name_len = (unsigned char)len };
	struct i2n_extra extra = { .name_len = len, .dirent = I2N_NONE, .kind = I2N_EXTRA };
	int rc;

	if (i2n_sink_do(sink, &op, opts->stop, err))
		return I2N_FATAL;
	if (op.absent)
		return I2N_OK;
	extra.obj = op.obj;
	extra.is_dir = (op.attr.mode & I2N_S_IFMT) == I2N_S_IFDIR;
	extra.name = malloc(len);
	if (!extra.name) {
		i2n_sink_release(sink, op.obj);
		return i2n_err_nomem(err);
	}
	memcpy(extra.name, name, len);
	rc = remove_extra(sink, &extra, notes, opts, ret_removed, err);
	free(extra.name);
	i2n_sink_release(sink, extra.obj);
	return rc;
}
