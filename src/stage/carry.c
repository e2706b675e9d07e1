#include "carry.h"

#include "img2nfs/update.h"

#include <stdlib.h>
#include <string.h>

/* In old->dirs, beside enum i2n_have_dir: the object has gone over to the new tree. */
#define CARRIED (1 << 7)

/* A directory that is there, by its inode's index in both trees. */
struct pair {
	uint32_t old, now;
};

struct carry {
	const struct i2n_tree *old_tree, *tree;
	struct i2n_have *old, *now;
	struct pair *pairs;
	size_t n_pairs;
	struct i2n_survey strays;	/* of old_tree */
	struct i2n_err *err;
};

int carry_init(struct i2n_have *have, const struct i2n_tree *tree, struct i2n_err *err)
{
	*have = (struct i2n_have){
		.verdicts = calloc((size_t)tree->n_dirents + 1, 1),
		.dirs = calloc(tree->n_inodes, 1),
		.objs = malloc(tree->n_inodes * sizeof(*have->objs)),
		.is_ours = true,
	};
	if (!have->verdicts || !have->dirs || !have->objs)
		return i2n_err_nomem(err);
	for (uint32_t i = 0; i < tree->n_inodes; i++)
		have->objs[i] = I2N_OBJ_NONE;
	have->objs[tree->root] = I2N_OBJ_ROOT;
	have->verdicts[tree->n_dirents] = I2N_HAVE_EQUAL;
	return I2N_OK;
}

void carry_release(struct i2n_have *have)
{
	free(have->verdicts);
	free(have->dirs);
	free(have->objs);
	*have = (struct i2n_have){ 0 };
}

void carry_prepare(struct i2n_have *have, const struct i2n_tree *tree, bool goes_on)
{
	have->goes_on = goes_on;
	for (uint32_t i = 0; i < tree->n_inodes; i++) {
		const struct i2n_inode *in = &tree->inodes[i];
		const bool is_dir = i2n_inode_type(in) == I2N_S_IFDIR;

		if (!goes_on)
			have->dirs[i] = is_dir ? I2N_HAVE_TOUCHED : 0;
		else if (is_dir || in->nlink > 1)
			have->dirs[i] |= I2N_HAVE_LATER;
	}
}

/* --- what is there of the new tree --- */

/* An edited file keeps its times, and may keep its size. */
static bool is_same(const struct i2n_inode *a, const struct i2n_inode *b)
{
	return !((a->flags ^ b->flags) & I2N_INODE_MEMORY) && a->ino == b->ino &&
	       a->mode == b->mode && a->uid == b->uid && a->gid == b->gid && a->size == b->size &&
	       a->mtime == b->mtime && a->atime == b->atime;
}

/* The order within a directory. */
static int cmp_names(const struct i2n_tree *a, uint32_t x, const struct i2n_tree *b, uint32_t y)
{
	size_t n, m;
	const unsigned char *p = i2n_dirent_name(a, &a->dirents[x], &n);
	const unsigned char *q = i2n_dirent_name(b, &b->dirents[y], &m);
	int c = memcmp(p, q, n < m ? n : m);

	return c ? c : (n > m) - (n < m);
}

static const struct i2n_inode *inode_of(const struct i2n_tree *t, uint32_t dirent)
{
	return &t->inodes[t->dirents[dirent].inode];
}

static bool is_dir(const struct i2n_tree *t, uint32_t dirent)
{
	return i2n_inode_type(inode_of(t, dirent)) == I2N_S_IFDIR;
}

static int add_stray(struct carry *c, uint32_t dirent)
{
	const struct i2n_tree *t = c->old_tree;
	const uint32_t inode = t->dirents[dirent].inode;
	struct i2n_extra x = {
		.dir = t->dirents[dirent].parent,
		.dirent = I2N_NONE,
		.obj = I2N_OBJ_NONE,
		.is_dir = is_dir(t, dirent),
		.kind = I2N_EXTRA,
	};
	const unsigned char *name = i2n_dirent_name(t, &t->dirents[dirent], &x.name_len);

	if (x.is_dir)
		x.obj = c->old->objs[inode];
	if (i2n_survey_extra_add(&c->strays, &x, name))
		return i2n_err_nomem(c->err);
	if (x.is_dir)
		c->old->objs[inode] = I2N_OBJ_NONE;
	return I2N_OK;
}

static void keep(struct carry *c, uint32_t was, uint32_t is)
{
	const uint32_t from = c->old_tree->dirents[was].inode, to = c->tree->dirents[is].inode;

	c->now->verdicts[is] = I2N_HAVE_EQUAL;
	c->now->objs[to] = c->old->objs[from];
	c->old->dirs[from] |= CARRIED;
	if (is_dir(c->tree, is))
		c->pairs[c->n_pairs++] = (struct pair){ from, to };
}

static int lost(struct carry *c, uint32_t was)
{
	return c->old->verdicts[was] == I2N_HAVE_EQUAL ? add_stray(c, was) : I2N_OK;
}

static int same_name(struct carry *c, uint32_t was, uint32_t is)
{
	if (c->old->verdicts[was] == I2N_HAVE_BLOCKED)
		c->now->verdicts[is] = I2N_HAVE_BLOCKED;
	if (c->old->verdicts[was] != I2N_HAVE_EQUAL)
		return I2N_OK;
	if (!is_same(inode_of(c->old_tree, was), inode_of(c->tree, is)))
		return lost(c, was);
	keep(c, was, is);
	return I2N_OK;
}

static int match_dir(struct carry *c, struct pair p)
{
	const struct i2n_inode *a = &c->old_tree->inodes[p.old], *b = &c->tree->inodes[p.now];
	uint32_t i = a->dir.first, i_end = i + a->dir.count;
	uint32_t j = b->dir.first, j_end = j + b->dir.count;
	int rc = I2N_OK;

	while (i < i_end && rc == I2N_OK) {
		int cmp = j < j_end ? cmp_names(c->old_tree, i, c->tree, j) : -1;

		if (cmp < 0)
			rc = lost(c, i++);
		else if (cmp > 0)
			j++;
		else
			rc = same_name(c, i++, j++);
	}
	return rc;
}

static int match_all(struct carry *c)
{
	const struct i2n_tree *t = c->old_tree;
	size_t dirs = 1;
	int rc = I2N_OK;

	for (uint32_t d = 0; d < t->n_dirents; d++)
		dirs += is_dir(t, d);
	c->pairs = malloc(dirs * sizeof(*c->pairs));
	if (!c->pairs)
		return i2n_err_nomem(c->err);
	c->pairs[c->n_pairs++] = (struct pair){ t->root, c->tree->root };
	for (size_t i = 0; i < c->n_pairs && rc == I2N_OK; i++)
		rc = match_dir(c, c->pairs[i]);
	return rc;
}

/* --- strays --- */

static int remove_strays(struct carry *c, struct i2n_sink *sink, const struct i2n_notes *notes,
			 const volatile int *stop)
{
	const struct i2n_survey_opts opts = { .stop = stop };
	uint64_t removed = 0;
	int rc;

	if (!c->strays.n_extras || !(sink->caps & I2N_CAP_READBACK))
		return I2N_OK;
	c->strays.tree = c->old_tree;
	c->strays.have = *c->old;
	rc = i2n_remove_run(&c->strays, sink, I2N_EXTRA, true, notes, &opts, &removed, c->err);
	i2n_note(notes, I2N_NOTE_INFO, "stray", NULL, 0,
		 "removed %llu objects that the rest of the damaged image takes back",
		 (unsigned long long)removed);
	return rc;
}

/* Objects that nobody can name any more. */
static void drop_objs(struct carry *c, struct i2n_sink *sink)
{
	for (uint32_t i = 0; i < c->old_tree->n_inodes; i++)
		if (!(c->old->dirs[i] & CARRIED))
			i2n_sink_release(sink, c->old->objs[i]);
	for (size_t i = 0; i < c->strays.n_extras; i++) {
		if (c->strays.extras[i].name)	/* else it has been released */
			i2n_sink_release(sink, c->strays.extras[i].obj);
		free(c->strays.extras[i].name);
	}
	free(c->strays.extras);
}

/* --- inodes with several names --- */

static int note_owner(struct carry_owners *o, struct carry_owner owner, struct i2n_err *err)
{
	size_t cap = o->cap ? 2 * o->cap : 16;
	struct carry_owner *grown;

	if (o->n == o->cap) {
		grown = realloc(o->list, cap * sizeof(*grown));
		if (!grown)
			return i2n_err_nomem(err);
		o->list = grown;
		o->cap = cap;
	}
	o->list[o->n++] = owner;
	return I2N_OK;
}

static int choose_owners(struct i2n_tree *t, const struct i2n_have *have,
			 struct carry_owners *owners, struct i2n_err *err)
{
	for (uint32_t d = 0; d < t->n_dirents; d++) {
		const uint32_t inode = t->dirents[d].inode;
		struct i2n_inode *in = &t->inodes[inode];

		if (have->verdicts[d] != I2N_HAVE_EQUAL ||
		    have->verdicts[in->first_dirent] == I2N_HAVE_EQUAL)
			continue;
		if (note_owner(owners, (struct carry_owner){ inode, in->first_dirent }, err))
			return I2N_FATAL;
		in->first_dirent = d;
	}
	return I2N_OK;
}

/* The inode said that it has one name, and no object was kept: it is made again under all of
 * them. */
static void make_again(const struct i2n_tree *t, struct i2n_have *have, const struct i2n_sink *sink)
{
	for (uint32_t d = 0; d < t->n_dirents; d++) {
		const uint32_t inode = t->dirents[d].inode;

		if (t->inodes[inode].links > 1 && have->objs[inode] == I2N_OBJ_NONE &&
		    have->verdicts[d] == I2N_HAVE_EQUAL)
			have->verdicts[d] = sink->caps & I2N_CAP_READBACK ? I2N_HAVE_OTHER
									  : I2N_HAVE_NOTHING;
	}
}

int carry_over(const struct i2n_tree *tree, struct i2n_have *old, struct i2n_tree *next,
	       struct i2n_have *now, struct carry_owners *owners, struct i2n_sink *sink,
	       const struct i2n_notes *notes, const volatile int *stop, struct i2n_err *err)
{
	struct carry c = { .old_tree = tree, .tree = next, .old = old, .now = now, .err = err };
	int rc = carry_init(now, next, err);

	if (rc == I2N_OK)
		rc = match_all(&c);
	if (rc == I2N_OK)
		rc = remove_strays(&c, sink, notes, stop);
	drop_objs(&c, sink);
	free(c.pairs);
	if (rc == I2N_OK)
		rc = choose_owners(next, now, owners, err);
	if (rc == I2N_OK)
		make_again(next, now, sink);
	return rc;
}

void carry_restore(struct i2n_tree *tree, struct carry_owners *owners)
{
	while (owners->n) {
		const struct carry_owner *o = &owners->list[--owners->n];

		tree->inodes[o->inode].first_dirent = o->first_dirent;
	}
	free(owners->list);
	*owners = (struct carry_owners){ 0 };
}
