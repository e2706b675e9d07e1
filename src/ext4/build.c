#include "build.h"

#include "ext4.h"
#include "rank.h"

#include <stdlib.h>
#include <string.h>

/* From loose inodes and dirents to a tree. Directories are visited breadth first from the root,
 * entries by name, so of two parents of a directory the one nearer to the root wins, then the one
 * that was met first: always the same one. */

static bool same_name(const struct load *l, const struct i2n_dirent *x, const struct i2n_dirent *y)
{
	const unsigned char *p = l->names + x->name, *q = l->names + y->name;

	return p[0] == q[0] && !memcmp(p + 1, q + 1, p[0]);
}

/* --- visiting --- */

/* Nothing above a directory can be named by an entry in it, as those are all taken. */
static enum damage claim_dir(struct build *b, uint32_t d, uint32_t idx)
{
	struct i2n_inode *in = &b->l->inodes[idx];

	if (idx == b->root)
		return DMG_DE_ROOT;
	if (idx == b->l->dirents[d].parent)
		return DMG_DE_SELF;
	if (in->links)
		return DMG_DE_PARENTS;
	b->queue[b->n_queue++] = idx;
	return DMG_NONE;
}

static enum damage judge(struct build *b, uint32_t d)
{
	const uint32_t idx = b->l->dirents[d].inode;
	const struct i2n_inode *in;

	if (idx >= LOAD_INODES_MAX)
		return (enum damage)LOAD_NO_INODE(idx);
	in = &b->l->inodes[idx];
	if (!in->mode)
		return (enum damage)in->nlink;
	return i2n_inode_type(in) == I2N_S_IFDIR ? claim_dir(b, d, idx) : DMG_NONE;
}

static bool is_odd(const struct load *l, uint32_t name)
{
	size_t lo = 0, hi = l->n_odd;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (l->odd[mid] == name)
			return true;
		if (l->odd[mid] < name)
			lo = mid + 1;
		else
			hi = mid;
	}
	return false;
}

/* Decide about dirent d. A bad one gets the inode I2N_NONE. */
static int visit_dirent(struct build *b, uint32_t d, struct i2n_err *err)
{
	struct i2n_dirent *de = &b->l->dirents[d];
	enum damage dmg = DMG_DE_TWICE;
	struct i2n_inode *in;

	if (!b->last || !same_name(b->l, &b->l->dirents[b->last - 1], de))
		dmg = judge(b, d);
	b->last = d + 1;
	if (dmg) {
		de->inode = I2N_NONE;
		return ext4_build_note(b, dmg, d, err);
	}
	in = &b->l->inodes[de->inode];
	if (!in->links)
		in->first_dirent = d;
	i2n_inode_add_link(in);
	return is_odd(b->l, de->name) ? ext4_build_note(b, DMG_WARN_TYPE, d, err) : I2N_OK;
}

static int visit_dir(struct build *b, uint32_t dir, struct i2n_err *err)
{
	const struct i2n_inode *in = &b->l->inodes[dir];
	uint32_t i;
	int rc = I2N_OK;

	b->last = 0;
	for (i = 0; i < in->dir.count && !rc; i++)
		rc = visit_dirent(b, in->dir.first + i, err);
	return rc;
}

static int visit_all(struct build *b, struct i2n_err *err)
{
	size_t at;
	int rc = I2N_OK;

	b->queue[b->n_queue++] = b->root;
	for (at = 0; at < b->n_queue && !rc; at++)
		rc = visit_dir(b, b->queue[at], err);
	return rc;
}

/* --- compaction, in place --- */

static bool is_reached(const struct build *b, uint32_t i)
{
	return b->l->inodes[i].links || i == b->root;
}

/* Drop the dirents that are bad, or lie in directories that were not reached. */
static void drop_dirents(struct build *b)
{
	struct load *l = b->l;
	uint32_t i, d, n = 0;

	for (i = 0; i < l->n_inodes; i++) {
		struct i2n_inode *dir = &l->inodes[i];
		uint32_t first = n;

		if (i2n_inode_type(dir) != I2N_S_IFDIR || !is_reached(b, i))
			continue;
		for (d = dir->dir.first; d < dir->dir.first + dir->dir.count; d++)
			if (l->dirents[d].inode != I2N_NONE)
				l->dirents[n++] = l->dirents[d];
		dir->dir.first = first;
		dir->dir.count = n - first;
	}
	l->n_dirents = n;
}

static void swap_dirents(struct i2n_dirent *a, struct i2n_dirent *b)
{
	const struct i2n_dirent t = *a;

	*a = *b;
	*b = t;
}

/* Directory by directory in the order of the visit. Meanwhile the parent of a dirent is where it
 * will stand. */
static void move_dirents(struct build *b)
{
	struct load *l = b->l;
	uint32_t d, k, at = 0;
	size_t q;

	for (q = 0; q < b->n_queue; q++) {
		struct i2n_inode *dir = &l->inodes[b->queue[q]];

		for (k = 0; k < dir->dir.count; k++)
			l->dirents[dir->dir.first + k].parent = at + k;
		dir->dir.first = at;
		at += dir->dir.count;
	}
	for (d = 0; d < l->n_dirents; d++)
		while (l->dirents[d].parent != d)
			swap_dirents(&l->dirents[d], &l->dirents[l->dirents[d].parent]);
	for (q = 0; q < b->n_queue; q++) {
		const struct i2n_inode *dir = &l->inodes[b->queue[q]];

		for (k = 0; k < dir->dir.count; k++)
			l->dirents[dir->dir.first + k].parent = b->queue[q];
	}
}

/* The first dirent that names an inode owns its data. */
static void find_owners(struct build *b)
{
	struct load *l = b->l;
	uint32_t d;

	for (d = 0; d < l->n_dirents; d++) {
		struct i2n_inode *in = &l->inodes[l->dirents[d].inode];

		if (!(in->flags & LOAD_PLACED))
			in->first_dirent = d;
		in->flags |= LOAD_PLACED;
	}
}

/* Inodes that were reached, in the order of their numbers; then new indexes everywhere. */
static void drop_inodes(struct build *b, const struct rank *reached)
{
	struct load *l = b->l;
	uint32_t i, d, n = 0;

	for (i = 0; i < l->n_inodes; i++) {
		struct i2n_inode *in = &l->inodes[i];

		if (!rank_has(reached, i))
			continue;
		in->flags &= (uint16_t)~LOAD_PLACED;
		if (i2n_inode_type(in) == I2N_S_IFDIR)
			in->flags &= (uint16_t)~LOAD_DIR_INDEXED;
		l->inodes[n++] = *in;
	}
	for (d = 0; d < l->n_dirents; d++) {
		l->dirents[d].parent = rank_of(reached, l->dirents[d].parent);
		l->dirents[d].inode = rank_of(reached, l->dirents[d].inode);
	}
	b->root = rank_of(reached, b->root);
	l->n_inodes = n;
}

static int compact(struct build *b, struct i2n_err *err)
{
	struct load *l = b->l;
	struct rank reached;
	uint32_t i;

	if (!rank_init(&reached, (uint32_t)l->n_inodes))
		return i2n_err_nomem(err);
	drop_dirents(b);
	move_dirents(b);
	find_owners(b);
	for (i = 0; i < l->n_inodes; i++)
		if (is_reached(b, i))
			rank_add(&reached, i);
	(void)rank_seal(&reached);	/* how many there are drop_inodes() finds out */
	drop_inodes(b, &reached);
	rank_release(&reached);
	return I2N_OK;
}

/* The arrays change hands. */
static int make_tree(struct build *b, struct i2n_tree **ret, struct i2n_err *err)
{
	struct load *l = b->l;
	struct i2n_tree *t;

	if (compact(b, err))
		return I2N_FATAL;
	t = calloc(1, sizeof(*t));
	if (!t || !ext4_trim(&l->inodes, l->n_inodes, sizeof(*l->inodes)) ||
	    !ext4_trim(&l->dirents, l->n_dirents, sizeof(*l->dirents)) ||
	    !ext4_trim(&l->names, l->n_names, 1)) {
		free(t);
		return i2n_err_nomem(err);
	}
	*t = (struct i2n_tree){
		.inodes = l->inodes, .n_inodes = (uint32_t)l->n_inodes,
		.dirents = l->dirents, .n_dirents = (uint32_t)l->n_dirents,
		.names = l->names, .names_len = (uint32_t)l->n_names,
		.root = b->root,
	};
	l->inodes = NULL;
	l->dirents = NULL;
	l->names = NULL;
	*ret = t;
	return I2N_OK;
}

static int check_root(struct build *b, struct i2n_err *err)
{
	const struct i2n_inode *in;

	b->root = ext4_load_find(b->l, EXT2_ROOT_INO);
	in = b->root == I2N_NONE ? NULL : &b->l->inodes[b->root];
	if (!in || (in->mode && i2n_inode_type(in) != I2N_S_IFDIR))
		return i2n_fail(err, I2N_FATAL, I2N_DOM_IMAGE, 0,
				"the root inode is not a directory");
	if (!in->mode)
		return i2n_fail(err, I2N_FATAL, I2N_DOM_IMAGE, 0, "the root inode is damaged: %s",
				ext4_damage_text((enum damage)in->nlink));
	return I2N_OK;
}

int ext4_build(struct load *l, struct i2n_tree **ret, struct i2n_err *err)
{
	struct build b = { .l = l };
	int rc;

	rc = check_root(&b, err);
	if (rc)
		return rc;
	b.queue = malloc(ext4_load_count_dirs(l) * sizeof(*b.queue));
	if (!b.queue)
		return i2n_err_nomem(err);
	rc = ext4_load_group(l, b.queue, err);
	if (!rc)
		rc = visit_all(&b, err);
	if (!rc)
		rc = ext4_build_notes(&b, err);
	if (!rc)
		rc = make_tree(&b, ret, err);
	free(b.queue);
	return rc;
}
