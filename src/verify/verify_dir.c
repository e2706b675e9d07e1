#include "img2nfs/loss.h"
#include "img2nfs/name.h"

#include "verify_own.h"
#include "walk.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define DIRS_HIGH 1024	/* a listing pauses when so many directories wait, or TASKS_PAUSE tasks */
#define TASKS_PAUSE 4096

struct list_op {
	struct i2n_op op;	/* first member */
	struct verify *v;
	struct verify_dir *dir;
	bool again;		/* the server made the listing start anew */
};

int verify_dir_push(struct verify *v, uint32_t inode, i2n_obj obj)
{
	struct verify_dir *dir = calloc(1, sizeof(*dir));

	if (!dir)
		return I2N_FATAL;
	*dir = (struct verify_dir){ .next = v->dirs, .inode = inode, .obj = obj };
	v->dirs = dir;
	v->n_dirs++;
	return I2N_OK;
}

void verify_dir_free(struct verify *v, struct verify_dir *dir)
{
	i2n_sink_release(v->sink, dir->obj);
	free(dir->extras);
	free(dir);
}

static void no_memory(struct verify *v)
{
	struct i2n_err err;

	(void)i2n_err_nomem(&err);
	verify_die(v, &err);
}

/* FNV-1a: told names only have to be told apart from one another. */
static uint64_t hash_of(const unsigned char *name, size_t len)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);

	for (size_t i = 0; i < len; i++)
		h = (h ^ name[i]) * UINT64_C(0x100000001b3);
	return h;
}

static bool is_told(const struct verify_dir *dir, uint64_t hash)
{
	for (unsigned i = 0; i < dir->n_extras; i++)
		if (dir->extras[i] == hash)
			return true;
	return false;
}

/* Without memory it may be told twice, if the listing starts anew. */
static void keep_told(struct verify_dir *dir, uint64_t hash)
{
	if (dir->n_extras == dir->cap_extras) {
		unsigned cap = dir->cap_extras ? 2 * dir->cap_extras : 8;
		uint64_t *grown = realloc(dir->extras, cap * sizeof(*grown));

		if (!grown)
			return;
		dir->extras = grown;
		dir->cap_extras = cap;
	}
	dir->extras[dir->n_extras++] = hash;
}

/* NULL: no memory. */
static char *path_of_entry(const struct verify *v, const struct verify_dir *dir,
			   const struct i2n_entry *e, size_t *ret_len)
{
	const struct i2n_inode *in = &v->tree->inodes[dir->inode];
	size_t len = 0;
	char *head = i2n_tree_path(v->tree, in->first_dirent, &len);
	char *path = head ? malloc(len + 1 + e->name_len) : NULL;

	if (path) {
		if (dir->inode == v->tree->root)
			len = 0;
		memcpy(path, head, len);
		path[len] = '/';
		len += len > 0;
		memcpy(path + len, e->name, e->name_len);
		*ret_len = len + e->name_len;
	}
	free(head);
	return path;
}

static void tell_extra(struct verify *v, const struct verify_dir *dir, const struct i2n_entry *e)
{
	bool is_dir = (e->attr.mode & I2N_S_IFMT) == I2N_S_IFDIR;
	size_t len = 0;
	char *path = path_of_entry(v, dir, e, &len);

	if (!v->opts->others &&
	    (!path || !v->opts->is_excluded ||
	     !v->opts->is_excluded(v->opts->exclude_ctx, path, len))) {
		v->res->differs[I2N_DIFF_EXTRA]++;
		i2n_note(v->notes, I2N_NOTE_DIFFERS, i2n_diff_word(I2N_DIFF_EXTRA), path, len,
			 "%s that should not be there%s", is_dir ? "a directory" : "something",
			 is_dir ? ", not looked into" : "");
	}
	free(path);
}

static void take_extra(struct verify *v, struct list_op *lo, const struct i2n_entry *e)
{
	uint64_t hash = hash_of(e->name, e->name_len);

	if (!lo->again || !is_told(lo->dir, hash)) {
		tell_extra(v, lo->dir, e);
		keep_told(lo->dir, hash);
	}
	i2n_sink_release(v->sink, e->obj);
}

/* The server's name for an object, never 0. */
static uint64_t id_of(const struct i2n_attr *got)
{
	uint64_t id = got->fileid ^ got->fsid * UINT64_C(0x9e3779b97f4a7c15);

	return id ? id : 1;
}

static void tell_parted(struct verify *v, uint32_t dirent, uint32_t inode)
{
	const struct i2n_inode *in = &v->tree->inodes[inode];
	char q[400];
	size_t len = 0;
	char *path = i2n_tree_path(v->tree, dirent, &len);

	verify_differ(v, I2N_DIFF_LINKS, in->first_dirent,
		      "its %" PRIu16 " names are not one file: %s is another one", in->links,
		      path ? i2n_quote(q, sizeof(q), path, len) : "?");
	free(path);
}

/* A further name of an inode that has been met already. true: nothing more to compare. Which of two
 * is the odd one cannot be said, so an inode is told once, and the latest counts from then on. */
static bool is_known_link(struct verify *v, uint32_t dirent, uint32_t inode, uint64_t id)
{
	if (!v->ids[inode] || v->ids[inode] == id)
		return v->ids[inode] == id;
	v->ids[inode] = id;
	if (!(v->parted[inode / 8] & 1u << inode % 8))
		tell_parted(v, dirent, inode);
	v->parted[inode / 8] |= (unsigned char)(1u << inode % 8);
	return false;
}

static bool has_content(const struct verify *v, uint32_t inode, const struct i2n_attr *got)
{
	const struct i2n_inode *in = &v->tree->inodes[inode];

	switch (i2n_inode_type(in)) {
	case I2N_S_IFLNK:
		return verify_knows(v, inode, I2N_KNOW_TARGET);
	case I2N_S_IFREG:
		/* of another size: that it differs is known */
		return !verify_knows(v, inode, I2N_KNOW_SIZE) || got->size == in->size;
	default:
		return false;
	}
}

static bool may_read(struct verify *v, uint32_t inode)
{
	const struct i2n_inode *in = &v->tree->inodes[inode];

	if (in->flags & I2N_INODE_ENCRYPTED) {
		v->res->left_out++;
		return false;
	}
	if (i2n_inode_type(in) == I2N_S_IFREG && !verify_knows(v, inode, I2N_KNOW_DIGEST)) {
		v->res->no_digest++;
		return false;
	}
	return true;
}

static bool has_acl(const struct verify *v, uint32_t inode)
{
	return v->tree->inodes[inode].flags & I2N_INODE_ACL && v->sink->caps & I2N_CAP_ACL &&
	       !(v->opts->allow & I2N_LOSS_ACL);
}

int verify_object_push(struct verify *v, uint32_t dirent, uint32_t inode,
		       const struct i2n_attr *got, i2n_obj obj)
{
	return has_acl(v, inode) ? verify_acl_push(v, dirent, inode, got, obj)
				 : verify_content_push(v, dirent, inode, got, obj);
}

int verify_content_push(struct verify *v, uint32_t dirent, uint32_t inode,
			const struct i2n_attr *got, i2n_obj obj)
{
	if (i2n_inode_type(&v->tree->inodes[inode]) == I2N_S_IFDIR)
		return verify_dir_push(v, inode, obj);
	if (has_content(v, inode, got) && may_read(v, inode))
		return verify_file_push(v, dirent, got, obj);
	i2n_sink_release(v->sink, obj);
	return I2N_OK;
}

/* Takes obj. */
static void compare(struct verify *v, uint32_t dirent, const struct i2n_attr *got, i2n_obj obj)
{
	uint32_t inode = v->tree->dirents[dirent].inode;
	bool is_link = v->ids[inode] != 0;
	struct i2n_err err;

	if (!(got->mode & I2N_S_IFMT) || obj == I2N_OBJ_NONE) {
		i2n_err_set(&err, I2N_DOM_DEST, 0, "the server does not say what this is");
		verify_unread(v, dirent, &err);
		i2n_sink_release(v->sink, obj);
		return;
	}
	if (is_known_link(v, dirent, inode, id_of(got)) ||
	    !verify_attrs(v, dirent, inode, got)) {
		verify_count(v, inode, is_link);
		i2n_sink_release(v->sink, obj);
		return;
	}
	if (!is_link)
		v->ids[inode] = id_of(got);
	verify_count(v, inode, is_link);
	if (verify_object_push(v, dirent, inode, got, obj)) {
		i2n_sink_release(v->sink, obj);
		no_memory(v);
	}
}

static void on_entry(struct i2n_op *op, const struct i2n_entry *e)
{
	struct list_op *lo = (struct list_op *)(void *)op;
	struct verify *v = lo->v;
	uint32_t d = I2N_NONE;

	if (!e) {
		lo->again = true;
		return;
	}
	if (v->dead) {
		i2n_sink_release(v->sink, e->obj);
		return;
	}
	if (e->name_len <= I2N_NAME_MAX)
		d = i2n_tree_lookup(v->tree, lo->dir->inode, e->name, e->name_len);
	if (d == I2N_NONE) {
		take_extra(v, lo, e);
	} else if (v->seen[d / 8] & 1u << d % 8) {
		i2n_sink_release(v->sink, e->obj);
	} else {
		v->seen[d / 8] |= (unsigned char)(1u << d % 8);
		compare(v, d, &e->attr, e->obj);
	}
	op->pause = v->n_dirs >= DIRS_HIGH || v->compare.n_tasks >= TASKS_PAUSE;
}

static uint64_t count_below(const struct i2n_tree *t, uint32_t inode)
{
	uint64_t n = 0;

	if (i2n_inode_type(&t->inodes[inode]) != I2N_S_IFDIR)
		return 0;
	for (uint32_t d = walk_next(t, inode, I2N_NONE); d != I2N_NONE; d = walk_next(t, inode, d))
		n++;
	return n;
}

static void tell_missing(struct verify *v, uint32_t dirent)
{
	uint32_t inode = v->tree->dirents[dirent].inode;
	uint64_t below;

	if (v->tree->inodes[inode].flags & I2N_INODE_ENCRYPTED) {
		v->res->left_out++;
		return;
	}
	below = count_below(v->tree, inode);
	if (below)
		verify_differ(v, I2N_DIFF_MISSING, dirent,
			      "it is not there, nor are the %" PRIu64 " objects below it", below);
	else
		verify_differ(v, I2N_DIFF_MISSING, dirent, "it is not there");
	v->res->differs[I2N_DIFF_MISSING] += below;
}

static void find_missing(struct verify *v, const struct verify_dir *dir)
{
	const struct i2n_inode *in = &v->tree->inodes[dir->inode];

	for (uint32_t d = in->dir.first; d < in->dir.first + in->dir.count; d++)
		if (!(v->seen[d / 8] & 1u << d % 8))
			tell_missing(v, d);
}

static void on_listed(struct i2n_op *op)
{
	struct list_op *lo = (struct list_op *)(void *)op;
	struct verify *v = lo->v;
	struct verify_dir *dir = lo->dir;

	v->lists_out--;
	if (verify_op_back(v, op) && !op->eof) {
		dir->pos = op->pos;
		dir->next = v->paused;
		v->paused = dir;
	} else {
		if (op->rc == I2N_OK && !v->dead)
			find_missing(v, dir);
		verify_dir_free(v, dir);
	}
	free(lo);
}

int verify_dir_start(struct verify *v, struct verify_dir *dir)
{
	struct list_op *lo = calloc(1, sizeof(*lo));
	int rc;

	if (!lo) {
		no_memory(v);
		return I2N_FATAL;
	}
	lo->v = v;
	lo->dir = dir;
	lo->op = (struct i2n_op){ .kind = I2N_OP_LIST, .obj = dir->obj, .pos = dir->pos,
				  .dirent = v->tree->inodes[dir->inode].first_dirent,
				  .on_entry = on_entry, .done = on_listed };
	rc = verify_submit(v, &lo->op);
	if (rc == I2N_OK)
		v->lists_out++;
	else
		free(lo);
	return rc;
}

/* --- objects that are one at the server --- */

struct id {
	uint64_t id;
	uint32_t inode;
};

static int by_id(const void *a, const void *b)
{
	const struct id *x = a, *y = b;

	if (x->id != y->id)
		return x->id < y->id ? -1 : 1;
	return x->inode < y->inode ? -1 : x->inode > y->inode;
}

static void tell_merged(struct verify *v, uint32_t inode, uint32_t other)
{
	const struct i2n_inode *ins = v->tree->inodes;
	char q[400];
	size_t len = 0;
	char *path = i2n_tree_path(v->tree, ins[other].first_dirent, &len);

	verify_differ(v, I2N_DIFF_LINKS, ins[inode].first_dirent,
		      "it is the same file as %s, which it should not be",
		      path ? i2n_quote(q, sizeof(q), path, len) : "?");
	free(path);
}

int verify_merged(struct verify *v, struct i2n_err *err)
{
	const struct i2n_tree *t = v->tree;
	struct id *ids = malloc(((size_t)t->n_inodes + 1) * sizeof(*ids));
	size_t n = 0;

	if (!ids)
		return i2n_err_nomem(err);
	for (uint32_t i = 0; i < t->n_inodes; i++)
		if (v->ids[i] && i2n_inode_type(&t->inodes[i]) != I2N_S_IFDIR &&
		    verify_knows(v, i, I2N_KNOW_LINKS))
			ids[n++] = (struct id){ v->ids[i], i };
	qsort(ids, n, sizeof(*ids), by_id);
	for (size_t i = 1; i < n; i++)
		if (ids[i].id == ids[i - 1].id)
			tell_merged(v, ids[i].inode, ids[i - 1].inode);
	free(ids);
	return I2N_OK;
}
