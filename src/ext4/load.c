#include "ext4.h"

#include <stdlib.h>
#include <string.h>

bool ext4_grow(void *array, size_t *cap, size_t n, size_t add, size_t size)
{
	void **p = array, *bigger;
	size_t want = *cap ? *cap : 64;

	if (add <= *cap - n)
		return true;
	if (n >= UINT32_MAX - add)
		return false;
	while (want - n < add || want == *cap)
		want += want / 2;
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

void ext4_load_release(struct load *l)
{
	free(l->inodes);
	free(l->dirents);
	free(l->dir_blocks);
	free(l->xattr_blocks);
	free(l->damages);
	free(l->names);
	free(l->scanned);
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

int ext4_load_dirent(struct load *l, uint32_t parent, uint32_t ino, uint32_t where,
		     const void *name, size_t len,
		     struct i2n_err *err)
{
	struct load_dirent de = { .parent = parent, .ino = ino, .where = where };

	if (!add_name(l, name, len, &de.name) ||
	    !ext4_grow(&l->dirents, &l->cap_dirents, l->n_dirents, 1, sizeof(de)))
		return i2n_err_nomem(err);
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

uint32_t ext4_load_find(const struct load *l, uint32_t ino)
{
	size_t lo = 0, hi = l->n_inodes;

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

/* One pass of a bottom-up merge sort: runs of `run` elements of src become runs of twice that in
 * dst. */
static void merge_pass(unsigned char *dst, const unsigned char *src, size_t n, size_t size,
		       size_t run,
		       int (*cmp)(const void *ctx, const void *a, const void *b), const void *ctx)
{
	size_t lo, mid, hi, i, j, k;

	for (lo = 0; lo < n; lo = hi) {
		mid = run < n - lo ? lo + run : n;
		hi = run < n - mid ? mid + run : n;
		for (i = lo, j = mid, k = lo; k < hi; k++) {
			bool left = j == hi || (i < mid &&
						cmp(ctx, src + i * size, src + j * size) <= 0);
			size_t from = left ? i++ : j++;

			memcpy(dst + k * size, src + from * size, size);
		}
	}
}

bool ext4_sort(void *base, size_t n, size_t size,
	       int (*cmp)(const void *ctx, const void *a, const void *b),
	       const void *ctx)
{
	unsigned char *a = base, *b, *t;
	size_t i, run;

	for (i = 1; i < n && cmp(ctx, a + (i - 1) * size, a + i * size) <= 0; i++)
		;
	if (i >= n)
		return true;
	b = malloc(n * size);
	if (!b)
		return false;
	for (run = 1; run < n; run *= 2) {
		merge_pass(b, a, n, size, run, cmp, ctx);
		t = a, a = b, b = t;
	}
	if (a != base) {
		memcpy(base, a, n * size);
		b = a;
	}
	free(b);
	return true;
}
