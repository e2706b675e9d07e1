#include "build.h"

#include "ext4.h"

#include <stdlib.h>
#include <string.h>

/* From loose inodes and dirents to a tree. Directories are visited breadth first from the root,
 * entries by name, so of two parents of a directory the one nearer to the root wins, then the one
 * that was met first: always the same one. */

/* --- in order --- */

static int cmp_dirents(const void *ctx, const void *a, const void *b)
{
	const struct load *l = ctx;
	const struct load_dirent *x = a, *y = b;
	const unsigned char *p = l->names + x->name, *q = l->names + y->name;
	int c;

	if (x->parent != y->parent)
		return x->parent < y->parent ? -1 : 1;
	c = memcmp(p + 1, q + 1, p[0] < q[0] ? p[0] : q[0]);
	if (c || p[0] != q[0])
		return c ? c : p[0] - q[0];
	/* equal names: a lookup finds the one in the earlier block; within a block parsing was in
	 * order, sorting is stable */
	return (x->where >> 4 > y->where >> 4) - (x->where >> 4 < y->where >> 4);
}

static bool same_name(const struct load *l, const struct load_dirent *x,
		      const struct load_dirent *y)
{
	const unsigned char *p = l->names + x->name, *q = l->names + y->name;

	return x->parent == y->parent && p[0] == q[0] && !memcmp(p + 1, q + 1, p[0]);
}

static uint32_t skip_parent(const struct load *l, uint32_t i)
{
	uint32_t parent = l->dirents[i].parent;

	while (i < l->n_dirents && l->dirents[i].parent == parent)
		i++;
	return i;
}

/* Give each directory its slice of the sorted dirents, and dirents the index of their parent
 * instead of its number. */
static void group_dirents(struct load *l)
{
	uint32_t i, end;

	for (i = 0; i < l->n_dirents; i = end) {
		uint32_t dir = ext4_load_find(l, l->dirents[i].parent);

		end = skip_parent(l, i);
		l->inodes[dir].dir.first = i;
		l->inodes[dir].dir.count = end - i;
		for (; i < end; i++)
			l->dirents[i].parent = dir;
	}
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

static bool is_type_wrong(const struct i2n_inode *in, unsigned type)
{
	/* Source: Documentation/filesystems/ext4/directory.rst, file_type */
	static const uint16_t types[] = { 0,	       I2N_S_IFREG, I2N_S_IFDIR,  I2N_S_IFCHR,
					  I2N_S_IFBLK, I2N_S_IFIFO, I2N_S_IFSOCK, I2N_S_IFLNK };

	return type && (type >= sizeof(types) / sizeof(types[0]) ||
			types[type] != i2n_inode_type(in));
}

/* What the kernel would say to a lookup of the entry; *ret is the index of its inode if it is
 * good. */
static enum damage judge(struct build *b, uint32_t d, uint32_t *ret)
{
	struct load *l = b->l;
	const struct load_dirent *de = &l->dirents[d];
	struct i2n_inode *in;
	enum damage dmg;
	uint32_t idx;

	if (de->ino > l->fs->sb.inodes)
		return DMG_DE_RANGE;
	if (de->ino < l->fs->sb.first_ino && de->ino != EXT2_ROOT_INO)
		return DMG_DE_RESERVED;
	idx = ext4_load_find(l, de->ino);
	if (idx == I2N_NONE)
		return DMG_DE_FREE;
	in = &l->inodes[idx];
	if (!in->mode)
		return (enum damage)in->spare;
	if (i2n_inode_type(in) == I2N_S_IFDIR) {
		dmg = claim_dir(b, d, idx);
		if (dmg)
			return dmg;
	}
	*ret = idx;
	return DMG_NONE;
}

/* Decide about dirent d. A bad one gets the inode I2N_NONE. */
static int visit_dirent(struct build *b, uint32_t d, struct i2n_err *err)
{
	struct load_dirent *de = &b->l->dirents[d];
	enum damage dmg = DMG_DE_TWICE;
	struct i2n_inode *in;
	uint32_t idx = 0;

	if (!b->last || !same_name(b->l, &b->l->dirents[b->last - 1], de))
		dmg = judge(b, d, &idx);
	b->last = d + 1;
	if (dmg) {
		de->ino = I2N_NONE;
		return ext4_build_note(b, dmg, d, err);
	}
	in = &b->l->inodes[idx];
	de->ino = idx;
	if (!in->links++)
		in->first_dirent = d;
	b->n_dirents++;
	return is_type_wrong(in, de->where & 15) ? ext4_build_note(b, DMG_WARN_TYPE, d,
								   err) : I2N_OK;
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

/* --- compaction --- */

/* Dirents in the order of the visit, directory by directory; their new indexes go to their
 * directory and inode. */
static void put_dirents(struct build *b, struct i2n_tree *t)
{
	struct load *l = b->l;
	size_t q;
	uint32_t i;

	for (q = 0; q < b->n_queue; q++) {
		struct i2n_inode *dir = &l->inodes[b->queue[q]];
		uint32_t first = t->n_dirents;

		for (i = dir->dir.first; i < dir->dir.first + dir->dir.count; i++) {
			const struct load_dirent *de = &l->dirents[i];

			if (de->ino == I2N_NONE)
				continue;
			if (!(l->inodes[de->ino].flags & LOAD_PLACED))
				l->inodes[de->ino].first_dirent = t->n_dirents;
			l->inodes[de->ino].flags |= LOAD_PLACED;
			t->dirents[t->n_dirents++] =
				(struct i2n_dirent){ b->queue[q], de->ino, de->name };
		}
		dir->dir.first = first;
		dir->dir.count = t->n_dirents - first;
	}
}

/* Inodes that were reached, in the order of their numbers; then new indexes everywhere. */
static void put_inodes(struct build *b, struct i2n_tree *t)
{
	struct load *l = b->l;
	uint32_t i;

	for (i = 0; i < l->n_inodes; i++) {
		struct i2n_inode *in = &l->inodes[i];

		if (!in->links && i != b->root)
			continue;
		b->map[i] = t->n_inodes;
		in->spare = 0;
		in->flags &= (uint16_t)~LOAD_PLACED;
		if (i2n_inode_type(in) == I2N_S_IFDIR)
			in->flags &= (uint16_t)~LOAD_DIR_INDEXED;
		t->inodes[t->n_inodes++] = *in;
	}
	t->root = b->map[b->root];
	for (i = 0; i < t->n_dirents; i++) {
		t->dirents[i].parent = b->map[t->dirents[i].parent];
		t->dirents[i].inode = b->map[t->dirents[i].inode];
	}
}

static uint32_t count_reached(const struct build *b)
{
	uint32_t i, n = 1;	/* the root */

	for (i = 0; i < b->l->n_inodes; i++)
		n += b->l->inodes[i].links && i != b->root;
	return n;
}

static int make_tree(struct build *b, struct i2n_tree **ret, struct i2n_err *err)
{
	struct i2n_tree *t = calloc(1, sizeof(*t));

	if (!t)
		return i2n_err_nomem(err);
	t->inodes = calloc(count_reached(b), sizeof(*t->inodes));
	t->dirents = calloc(b->n_dirents + (size_t)1, sizeof(*t->dirents));
	if (!t->inodes || !t->dirents) {
		i2n_tree_free(t);
		return i2n_err_nomem(err);
	}
	put_dirents(b, t);
	put_inodes(b, t);
	t->names = b->l->names;
	t->names_len = (uint32_t)b->l->n_names;
	b->l->names = NULL;
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
				ext4_damage_text((enum damage)in->spare));
	return I2N_OK;
}

int ext4_build(struct load *l, struct i2n_tree **ret, struct i2n_err *err)
{
	struct build b = { .l = l };
	int rc;

	rc = check_root(&b, err);
	if (rc)
		return rc;
	if (!ext4_sort(l->dirents, l->n_dirents, sizeof(*l->dirents), cmp_dirents, l))
		return i2n_err_nomem(err);
	group_dirents(l);
	b.queue = malloc(l->n_inodes * sizeof(*b.queue));
	b.map = malloc(l->n_inodes * sizeof(*b.map));
	rc = b.queue && b.map ? visit_all(&b, err) : i2n_err_nomem(err);
	if (!rc)
		rc = ext4_build_notes(&b, err);
	if (!rc)
		rc = make_tree(&b, ret, err);
	free(b.queue);
	free(b.map);
	return rc;
}
