#include "ext4.h"

#include <stdlib.h>
#include <string.h>

/* From loose dirents with numbers to groups with indexes. All in place: the arrays are most of the
 * memory of a run. */

/* --- numbers become indexes --- */

static bool is_type_wrong(const struct i2n_inode *in, unsigned type)
{
	/* Source: Documentation/filesystems/ext4/directory.rst, file_type */
	static const uint16_t types[] = { 0,	       I2N_S_IFREG, I2N_S_IFDIR,  I2N_S_IFCHR,
					  I2N_S_IFBLK, I2N_S_IFIFO, I2N_S_IFSOCK, I2N_S_IFLNK };

	return type && in->mode && (type >= sizeof(types) / sizeof(types[0]) ||
				    types[type] != i2n_inode_type(in));
}

/* What the kernel would say to a lookup of the number, or the index. */
static uint32_t index_of(const struct load *l, uint32_t ino)
{
	uint32_t idx;

	if (ino > l->fs->sb.inodes)
		return LOAD_NO_INODE(DMG_DE_RANGE);
	if (ino < l->fs->sb.first_ino && ino != EXT2_ROOT_INO)
		return LOAD_NO_INODE(DMG_DE_RESERVED);
	idx = ext4_load_find(l, ino);
	return idx == I2N_NONE ? LOAD_NO_INODE(DMG_DE_FREE) : idx;
}

static int add_odd(struct load *l, uint32_t name, struct i2n_err *err)
{
	if (!ext4_grow(&l->odd, &l->cap_odd, l->n_odd, 1, sizeof(*l->odd)))
		return i2n_err_nomem(err);
	l->odd[l->n_odd++] = name;
	return I2N_OK;
}

/* Dirents are still in the order in which they were found, so one of many has the parent of the one
 * before, and finding the inodes goes up through the array. */
static int resolve(struct load *l, struct i2n_err *err)
{
	uint32_t number = 0, dir = 0;
	int rc = I2N_OK;

	for (size_t i = 0; i < l->n_dirents && !rc; i++) {
		struct i2n_dirent *de = &l->dirents[i];

		if (de->parent != number) {
			number = de->parent;
			dir = ext4_load_find(l, number);
		}
		de->parent = dir;
		l->inodes[dir].dir.count++;
		de->inode = index_of(l, de->inode);
		if (de->inode < LOAD_INODES_MAX && is_type_wrong(&l->inodes[de->inode],
								 l->types[i]))
			rc = add_odd(l, de->name, err);
	}
	free(l->types);
	l->types = NULL;
	l->n_types = l->cap_types = 0;
	return rc;
}

/* --- directories --- */

static bool is_dir(const struct i2n_inode *in)
{
	return i2n_inode_type(in) == I2N_S_IFDIR;
}

uint32_t ext4_load_count_dirs(const struct load *l)
{
	uint32_t n = 0;

	for (size_t i = 0; i < l->n_inodes; i++)
		n += is_dir(&l->inodes[i]);
	return n;
}

/* The dirents of dirs[0..n), whose numbers are known, side by side in that order. Each one out of
 * its place is swapped to where its directory's next one belongs (dir.first, meanwhile), which is
 * its last move (McIlroy, Bostic, McIlroy: Engineering Radix Sort, 1993: American flag sort). */
static void group_by_dir(struct load *l, const uint32_t *dirs, size_t n)
{
	uint32_t end = 0;

	for (size_t i = 0; i < n; i++) {
		struct i2n_inode *in = &l->inodes[dirs[i]];

		in->dir.first = end;
		end += in->dir.count;
	}
	end = 0;
	for (size_t i = 0; i < n; i++) {
		struct i2n_inode *in = &l->inodes[dirs[i]];

		end += in->dir.count;
		while (in->dir.first < end) {
			const uint32_t here = in->dir.first;
			const struct i2n_dirent de = l->dirents[here];
			const uint32_t to = l->inodes[de.parent].dir.first++;

			l->dirents[here] = l->dirents[to];
			l->dirents[to] = de;
		}
	}
	for (size_t i = 0; i < n; i++)
		l->inodes[dirs[i]].dir.first -= l->inodes[dirs[i]].dir.count;
}

static int cmp_dirents(const void *ctx, const void *a, const void *b)
{
	const struct load *l = ctx;
	const struct i2n_dirent *x = a, *y = b;
	const unsigned char *p = l->names + x->name, *q = l->names + y->name;
	uint32_t at_x, at_y;
	int c = memcmp(p + 1, q + 1, p[0] < q[0] ? p[0] : q[0]);

	if (c || p[0] != q[0])
		return c ? c : p[0] - q[0];
	/* equal names: a lookup finds the one in the earlier block, and the first one in that */
	at_x = ext4_load_lblk(l, x->name);
	at_y = ext4_load_lblk(l, y->name);
	if (at_x != at_y)
		return at_x < at_y ? -1 : 1;
	return (x->name > y->name) - (x->name < y->name);
}

int ext4_load_group(struct load *l, uint32_t *dirs, struct i2n_err *err)
{
	size_t n = 0;
	int rc = resolve(l, err);

	for (size_t i = 0; i < l->n_inodes && !rc; i++)
		if (is_dir(&l->inodes[i]))
			dirs[n++] = (uint32_t)i;
	if (rc)
		return rc;
	group_by_dir(l, dirs, n);
	for (size_t i = 0; i < n; i++) {
		const struct i2n_inode *in = &l->inodes[dirs[i]];

		if (in->dir.count && !ext4_sort(l->dirents + in->dir.first, in->dir.count,
						sizeof(*l->dirents), cmp_dirents, l))
			return i2n_err_nomem(err);
	}
	return I2N_OK;
}
