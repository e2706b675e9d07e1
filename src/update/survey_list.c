#include "survey_own.h"

#include <stdlib.h>
#include <string.h>

#define LISTS_MAX 16		/* directories listed at a time */
#define TASKS_HIGH 2048		/* no further ones while so many objects wait to be read */

struct list_op {
	struct i2n_op op;	/* first member */
	struct survey *s;
	uint32_t inode, dirent;
};

int survey_dir_push(struct survey *s, uint32_t inode, uint32_t dirent)
{
	struct survey_dir *d = malloc(sizeof(*d));

	if (!d)
		return I2N_FATAL;
	*d = (struct survey_dir){ .next = s->dirs, .inode = inode, .dirent = dirent };
	s->dirs = d;
	return I2N_OK;
}

static bool is_leftover(const struct i2n_entry *e)
{
	size_t n = strlen(I2N_BESIDE_PREFIX);

	return e->name_len > n && !memcmp(e->name, I2N_BESIDE_PREFIX, n);
}

static bool is_named(const struct i2n_entry *e, const char *name)
{
	return e->name_len == strlen(name) && !memcmp(e->name, name, e->name_len);
}

/* Ours, or it has been looked at. */
static bool is_of_runs(const struct survey *s, uint32_t dir, const struct i2n_entry *e)
{
	return dir == s->tree->root && ((s->opts->locked && is_named(e, I2N_LOCK_NAME)) ||
					(s->opts->unproven && is_named(e, I2N_UNPROVEN_NAME)));
}

/* Takes entry->obj. */
static void add_extra(struct survey *s, uint32_t dir, uint32_t dirent, const struct i2n_entry *e,
		      enum i2n_extra_kind kind)
{
	struct i2n_extra x = { .name_len = e->name_len,
			       .dir = dir,
			       .dirent = dirent,
			       .obj = e->obj,
			       .is_dir = (e->attr.mode & I2N_S_IFMT) == I2N_S_IFDIR,
			       .kind = (unsigned char)kind };

	/* what is in a directory is not known */
	if (kind != I2N_EXTRA)
		survey_frees(s, x.is_dir ? UINT64_MAX : e->attr.used);
	if (!x.is_dir) {
		i2n_sink_release(s->sink, x.obj);
		x.obj = I2N_OBJ_NONE;
	}
	if (i2n_survey_extra_add(s->res, &x, e->name)) {
		i2n_sink_release(s->sink, x.obj);
		survey_no_memory(s);
	}
}

static bool is_protected(struct survey *s, uint32_t dirent)
{
	size_t len = 0;
	char *path;
	bool yes;

	if (!s->opts->is_protected)
		return false;
	path = i2n_tree_path(s->tree, dirent, &len);
	if (!path) {
		survey_no_memory(s);
		return true;
	}
	yes = s->opts->is_protected(s->opts->protect_ctx, path, len);
	free(path);
	return yes;
}

static void add_id(struct survey *s, uint32_t dirent, const struct i2n_attr *a)
{
	size_t cap = s->cap_ids ? 2 * s->cap_ids : 64;
	struct survey_id *grown;

	if (s->n_ids == s->cap_ids) {
		grown = realloc(s->ids, cap * sizeof(*grown));
		if (!grown) {
			survey_no_memory(s);
			return;
		}
		s->ids = grown;
		s->cap_ids = cap;
	}
	s->ids[s->n_ids++] =
		(struct survey_id){ a->fsid, a->fileid, s->tree->dirents[dirent].inode, dirent };
}

/* Takes obj. */
static void take_dir(struct survey *s, uint32_t dirent, unsigned differs, i2n_obj obj)
{
	uint32_t inode = s->tree->dirents[dirent].inode;

	s->res->have.verdicts[dirent] = differs ? I2N_HAVE_ATTRS : I2N_HAVE_EQUAL;
	s->res->have.objs[inode] = obj;
	if (!differs && survey_has_acl(s, inode))
		survey_acl_push(s, dirent, obj, true);
	if (survey_dir_push(s, inode, dirent))
		survey_no_memory(s);
}

/* Is reading it worth while? Its size, at least, is right. What was edited has the times of what it
 * was before, so that equal times say nothing. */
static bool must_read(const struct survey *s, const struct i2n_inode *in, unsigned differs)
{
	bool compare = s->opts->checksum || in->flags & I2N_INODE_MEMORY;

	if (differs & (I2N_DIFFER_SIZE | I2N_DIFFER_CONTENT | I2N_DIFFER_TYPE))
		return false;
	if (i2n_inode_type(in) == I2N_S_IFREG)
		return compare && in->size;
	return i2n_inode_type(in) == I2N_S_IFLNK && (compare || differs & I2N_DIFFER_MTIME);
}

/* A name of something other than a directory, which there is no directory either. Takes obj. */
static void take_other(struct survey *s, uint32_t dirent, unsigned differs,
		       const struct i2n_entry *e)
{
	const struct i2n_inode *in = &s->tree->inodes[s->tree->dirents[dirent].inode];
	bool first = in->first_dirent == dirent;

	s->res->differs[dirent] = (uint16_t)differs;
	/* may be equal in the end; then it is too much, and nothing is refused for it */
	if (differs || s->opts->checksum || in->flags & I2N_INODE_MEMORY || in->links > 1 ||
	    e->attr.nlink > 1)
		survey_frees(s, e->attr.used);
	if (in->links > 1 || e->attr.nlink > 1)
		add_id(s, dirent, &e->attr);
	if (!first) {
		/* judged by its number, when all is known */
		s->res->have.verdicts[dirent] = I2N_HAVE_OTHER;
		i2n_sink_release(s->sink, e->obj);
		return;
	}
	if (!must_read(s, in, differs)) {
		/* changing it would change names outside the tree too, of a snapshot perhaps */
		if (differs && e->attr.nlink > in->links)
			differs |= I2N_DIFFER_LINK;
		survey_decide(s, dirent, differs, e->obj, in->links > 1);
		return;
	}
	s->res->have.verdicts[dirent] = I2N_HAVE_OTHER;
	if (survey_read_push(s, dirent, e, in->links > 1)) {
		i2n_sink_release(s->sink, e->obj);
		survey_no_memory(s);
	}
}

static void take_known(struct survey *s, uint32_t dir, uint32_t dirent, const struct i2n_entry *e)
{
	const struct i2n_inode *in = &s->tree->inodes[s->tree->dirents[dirent].inode];
	bool want_dir = i2n_inode_type(in) == I2N_S_IFDIR;
	bool is_dir = (e->attr.mode & I2N_S_IFMT) == I2N_S_IFDIR;
	unsigned differs;

	if (e->obj == I2N_OBJ_NONE) {
		s->res->have.verdicts[dirent] = I2N_HAVE_BLOCKED;
		survey_note(s, I2N_NOTE_FAILED, "store", dirent,
			    "the server does not say what is there");
		return;
	}
	differs = i2n_differ(in, &e->attr, s->sink);
	s->res->differs[dirent] = (uint16_t)differs;
	if (want_dir != is_dir) {
		s->res->have.verdicts[dirent] = I2N_HAVE_BLOCKED;
		add_extra(s, dir, dirent, e, I2N_EXTRA_BLOCK);
	} else if (want_dir) {
		take_dir(s, dirent, differs, e->obj);
	} else {
		take_other(s, dirent, differs, e);
	}
}

/* All entries come again: forget those that are not of the tree; the others are recognized by their
 * verdicts. */
static void forget_extras(struct survey *s, uint32_t dir)
{
	for (size_t i = 0; i < s->res->n_extras; i++) {
		struct i2n_extra *x = &s->res->extras[i];

		if (x->dir != dir || x->kind == I2N_EXTRA_BLOCK || !x->name)
			continue;
		s->res->n_extra -= x->kind == I2N_EXTRA;
		i2n_sink_release(s->sink, x->obj);
		free(x->name);
		x->name = NULL;
	}
}

static void on_entry(struct i2n_op *op, const struct i2n_entry *e)
{
	struct list_op *lo = (struct list_op *)(void *)op;
	struct survey *s = lo->s;
	uint32_t d;

	if (!e) {
		forget_extras(s, lo->inode);
		return;
	}
	d = e->name_len <= I2N_NAME_MAX ? i2n_tree_lookup(s->tree, lo->inode, e->name,
							  e->name_len) : I2N_NONE;
	if (s->dead || (d == I2N_NONE && is_of_runs(s, lo->inode, e))) {
		i2n_sink_release(s->sink, e->obj);
	} else if (d == I2N_NONE) {
		add_extra(s, lo->inode, I2N_NONE, e, is_leftover(e) ? I2N_EXTRA_LEFTOVER :
			  I2N_EXTRA);
	} else if (s->res->have.verdicts[d] != I2N_HAVE_NOTHING) {
		i2n_sink_release(s->sink, e->obj);	/* it came before */
	} else if (is_protected(s, d)) {
		s->res->have.verdicts[d] = I2N_HAVE_PROTECTED;
		i2n_sink_release(s->sink, e->obj);
	} else {
		take_known(s, lo->inode, d, e);
	}
}

static void on_listed(struct i2n_op *op)
{
	struct list_op *lo = (struct list_op *)(void *)op;
	struct survey *s = lo->s;

	s->lists_out--;
	if (op->rc == I2N_FATAL) {
		survey_die(s, &op->err);
	} else if (op->rc != I2N_OK) {
		/* what is in it is not known: hands off */
		survey_note(s, I2N_NOTE_FAILED, "read", lo->dirent, op->err.msg);
		if (lo->dirent == I2N_NONE)
			survey_die(s, &op->err);
		else
			s->res->have.verdicts[lo->dirent] = I2N_HAVE_BLOCKED;
	}
	free(lo);
}

int survey_list_start(struct survey *s)
{
	struct survey_dir *dir = s->dirs;
	struct list_op *lo;
	struct i2n_err err;
	int rc;

	if (!dir || s->lists_out >= LISTS_MAX || s->compare.n_tasks >= TASKS_HIGH)
		return I2N_END;
	lo = calloc(1, sizeof(*lo));
	if (!lo) {
		survey_no_memory(s);
		return I2N_FATAL;
	}
	*lo = (struct list_op){ .s = s, .inode = dir->inode, .dirent = dir->dirent };
	lo->op = (struct i2n_op){ .kind = I2N_OP_LIST,
				  .obj = s->res->have.objs[dir->inode],
				  .dirent = dir->dirent,
				  .on_entry = on_entry,
				  .done = on_listed };
	rc = i2n_sink_submit(s->sink, &lo->op, &err);
	if (rc) {
		free(lo);
		if (rc == I2N_FATAL)
			survey_die(s, &err);
		return rc;
	}
	s->lists_out++;
	s->dirs = dir->next;
	free(dir);
	return I2N_OK;
}
