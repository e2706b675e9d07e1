#include "img2nfs/node.h"

#include "path_up.h"

#include <stdlib.h>
#include <string.h>

#define NSEC_BITS 30
#define NSEC_MAX 999999999u

uint64_t i2n_time_pack(struct i2n_time t)
{
	if (t.sec < I2N_TIME_MIN)
		return 0;
	if (t.sec > I2N_TIME_MAX)
		t = (struct i2n_time){ I2N_TIME_MAX, NSEC_MAX };
	if (t.nsec > NSEC_MAX)
		t.nsec = NSEC_MAX;
	return (uint64_t)(t.sec - I2N_TIME_MIN) << NSEC_BITS | t.nsec;
}

struct i2n_time i2n_time_unpack(uint64_t packed)
{
	return (struct i2n_time){
		.sec = (int64_t)(packed >> NSEC_BITS) + I2N_TIME_MIN,
		.nsec = (uint32_t)(packed & ((1u << NSEC_BITS) - 1)),
	};
}

char *path_up(const void *tree, uint32_t at, path_step_fn *step, size_t *ret_len)
{
	const unsigned char *name;
	size_t len = 0, pos, n;
	char *path;

	for (uint32_t d = at; d != I2N_NONE; ) {
		(void)step(tree, &d, &n);	/* for the length */
		len += n + 1;
	}
	len = len ? len - 1 : 1;
	path = malloc(len + 1);
	if (!path)
		return NULL;
	path[0] = '.';
	path[len] = '\0';
	pos = len;
	for (uint32_t d = at; d != I2N_NONE; ) {
		if (pos < len)
			path[--pos] = '/';
		name = step(tree, &d, &n);
		pos -= n;
		memcpy(path + pos, name, n);
	}
	if (ret_len)
		*ret_len = len;
	return path;
}

static const unsigned char *dirent_step(const void *tree, uint32_t *at, size_t *ret_len)
{
	const struct i2n_tree *t = tree;
	const struct i2n_dirent *de = &t->dirents[*at];

	*at = t->inodes[de->parent].first_dirent;
	return i2n_dirent_name(t, de, ret_len);
}

char *i2n_tree_path(const struct i2n_tree *t, uint32_t dirent, size_t *ret_len)
{
	return path_up(t, dirent, dirent_step, ret_len);
}

static int name_cmp(const void *a, size_t a_len, const void *b, size_t b_len)
{
	int c = memcmp(a, b, a_len < b_len ? a_len : b_len);

	return c ? c : (a_len > b_len) - (a_len < b_len);
}

uint32_t i2n_tree_lookup(const struct i2n_tree *t, uint32_t dir, const void *name, size_t len)
{
	const struct i2n_inode *in = &t->inodes[dir];
	uint32_t lo = 0, hi = in->dir.count;

	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;
		size_t n;
		const unsigned char *s = i2n_dirent_name(t, &t->dirents[in->dir.first + mid], &n);
		int c = name_cmp(name, len, s, n);

		if (!c)
			return in->dir.first + mid;
		if (c < 0)
			hi = mid;
		else
			lo = mid + 1;
	}
	return I2N_NONE;
}

uint32_t i2n_tree_resolve(const struct i2n_tree *t, const char *path, size_t len,
			  uint32_t *ret_dirent)
{
	uint32_t at = t->root, d = I2N_NONE;
	size_t pos = 0, n;

	while (pos < len) {
		const char *slash = memchr(path + pos, '/', len - pos);

		n = slash ? (size_t)(slash - (path + pos)) : len - pos;
		if (n && !(n == 1 && path[pos] == '.')) {
			if (i2n_inode_type(&t->inodes[at]) != I2N_S_IFDIR)
				return I2N_NONE;
			d = i2n_tree_lookup(t, at, path + pos, n);
			if (d == I2N_NONE)
				return I2N_NONE;
			at = t->dirents[d].inode;
		}
		pos += n + 1;
	}
	if (ret_dirent)
		*ret_dirent = d;
	return at;
}

/* len bytes; at least one is allocated, so that NULL means that there is no memory. */
static void *copy_of(const void *p, size_t len)
{
	void *copy = malloc(len ? len : 1);

	if (copy && len)
		memcpy(copy, p, len);
	return copy;
}

struct i2n_tree *i2n_tree_copy(const struct i2n_tree *t)
{
	struct i2n_tree *copy = copy_of(t, sizeof(*t));

	if (!copy)
		return NULL;
	copy->inodes = copy_of(t->inodes, t->n_inodes * sizeof(*t->inodes));
	copy->dirents = copy_of(t->dirents, t->n_dirents * sizeof(*t->dirents));
	copy->names = copy_of(t->names, t->names_len);
	if (copy->inodes && copy->dirents && copy->names)
		return copy;
	i2n_tree_free(copy);
	return NULL;
}

void i2n_tree_free(struct i2n_tree *t)
{
	if (!t)
		return;
	free(t->inodes);
	free(t->dirents);
	free(t->names);
	free(t);
}
