#include "ext4.h"

#include <stdlib.h>
#include <string.h>

#define GROW_FAST (1u << 20)	/* bytes; from here on by an eighth: room that stays empty counts */

bool ext4_grow(void *array, size_t *cap, size_t n, size_t add, size_t size)
{
	void **p = array, *bigger;
	size_t want = *cap > 64 ? *cap : 64;	/* from less, half of it may be nothing */

	if (add <= *cap - n)
		return true;
	if (n >= UINT32_MAX - add)
		return false;
	while (want - n < add || want == *cap)
		want += want < GROW_FAST / size ? want / 2 : want / 8;
	if (want > UINT32_MAX)
		want = UINT32_MAX;
	if (want > SIZE_MAX / size)
		return false;
	bigger = realloc(*p, want * size);
	if (!bigger)
		return false;
	*p = bigger;
	*cap = want;
	return true;
}

bool ext4_trim(void *array, size_t n, size_t size)
{
	void **p = array, *smaller = realloc(*p, (n ? n : 1) * size);

	if (smaller)
		*p = smaller;
	return *p;
}

void ext4_load_release(struct load *l)
{
	free(l->inodes);
	free(l->dirents);
	free(l->dir_blocks);
	free(l->xattr_blocks);
	free(l->map_blocks);
	free(l->damages);
	free(l->names);
	free(l->used);
	free(l->scanned);
	free(l->group_at);
	free(l->types);
	free(l->origins);
	free(l->odd);
}

/* A name into the pool; its offset. */
static bool add_name(struct load *l, const void *name, size_t len, uint32_t *ret)
{
	if (!ext4_grow(&l->names, &l->cap_names, l->n_names, len + 1, 1))
		return false;
	*ret = (uint32_t)l->n_names;
	l->names[l->n_names] = (unsigned char)len;
	memcpy(l->names + l->n_names + 1, name, len);
	l->n_names += len + 1;
	return true;
}

int ext4_load_damage(struct load *l, uint32_t ino, enum damage code, uint32_t lblk,
		     const void *name, size_t len,
		     struct i2n_err *err)
{
	struct load_damage d = { .ino = ino, .code = code, .name = I2N_NONE, .lblk = lblk };

	if (name && !add_name(l, name, len, &d.name))
		return i2n_err_nomem(err);
	if (!ext4_grow(&l->damages, &l->cap_damages, l->n_damages, 1, sizeof(d)))
		return i2n_err_nomem(err);
	l->damages[l->n_damages++] = d;
	return I2N_OK;
}

/* The next name was found in block lblk. */
static bool note_origin(struct load *l, uint32_t lblk)
{
	const uint32_t name = (uint32_t)l->n_names;

	if (l->n_origins && l->origins[l->n_origins - 1].lblk == lblk)
		return true;
	if (!ext4_grow(&l->origins, &l->cap_origins, l->n_origins, 1, sizeof(*l->origins)))
		return false;
	l->origins[l->n_origins++] = (struct load_origin){ name, lblk };
	return true;
}

uint32_t ext4_load_lblk(const struct load *l, uint32_t name)
{
	size_t lo = 0, hi = l->n_origins;

	while (hi - lo > 1) {
		size_t mid = lo + (hi - lo) / 2;

		if (l->origins[mid].name <= name)
			lo = mid;
		else
			hi = mid;
	}
	return l->origins[lo].lblk;
}

int ext4_load_dirent(struct load *l, uint32_t parent, uint32_t ino, uint32_t where,
		     const void *name, size_t len,
		     struct i2n_err *err)
{
	struct i2n_dirent de = { .parent = parent, .inode = ino };

	if (!note_origin(l, where >> 4) || !add_name(l, name, len, &de.name) ||
	    !ext4_grow(&l->types, &l->cap_types, l->n_types, 1, 1) ||
	    !ext4_grow(&l->dirents, &l->cap_dirents, l->n_dirents, 1, sizeof(de)))
		return i2n_err_nomem(err);
	l->types[l->n_types++] = where & 15;
	l->dirents[l->n_dirents++] = de;
	return I2N_OK;
}

int ext4_load_block(struct load_block **array, size_t *n, size_t *cap, struct load_block b,
		    struct i2n_err *err)
{
	if (!ext4_grow(array, cap, *n, 1, sizeof(b)))
		return i2n_err_nomem(err);
	(*array)[(*n)++] = b;
	return I2N_OK;
}

/* --- by number --- */

static int cmp_inodes(const void *ctx, const void *a, const void *b)
{
	const struct i2n_inode *x = a, *y = b;

	(void)ctx;
	return (x->ino > y->ino) - (x->ino < y->ino);
}

bool ext4_load_sort(struct load *l)
{
	const uint32_t per = l->fs->sb.inodes_per_group, groups = l->fs->e2->group_desc_count;
	size_t i = 0;
	uint32_t g;

	if (!ext4_sort(l->inodes, l->n_inodes, sizeof(*l->inodes), cmp_inodes, NULL))
		return false;
	if (!l->group_at)
		l->group_at = malloc((groups + (size_t)1) * sizeof(*l->group_at));
	if (!l->group_at)
		return false;
	for (g = 0; g < groups; g++) {
		while (i < l->n_inodes && (l->inodes[i].ino - 1) / per < g)
			i++;
		l->group_at[g] = (uint32_t)i;
	}
	l->group_at[groups] = (uint32_t)l->n_inodes;
	return true;
}

/* Numbers ascend, so an inode lies no further behind the first of its group than its number does:
 * exactly so far in a group without gaps, which is the usual one. */
uint32_t ext4_load_find(const struct load *l, uint32_t ino)
{
	size_t lo = 0, hi = l->n_inodes, far;

	if (l->group_at) {
		uint32_t g = (ino - 1) / l->fs->sb.inodes_per_group;

		if (!ino || g >= l->fs->e2->group_desc_count)
			return I2N_NONE;
		lo = l->group_at[g];
		hi = l->group_at[g + 1];
	}
	if (lo == hi || ino < l->inodes[lo].ino)
		return I2N_NONE;
	far = ino - l->inodes[lo].ino;
	if (far < hi - lo)
		hi = lo + far + 1;
	if (l->inodes[hi - 1].ino == ino)
		return (uint32_t)(hi - 1);
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (l->inodes[mid].ino == ino)
			return (uint32_t)mid;
		if (l->inodes[mid].ino < ino)
			lo = mid + 1;
		else
			hi = mid;
	}
	return I2N_NONE;
}
