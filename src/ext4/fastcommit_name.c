#include "fastcommit_state.h"

#include <stdlib.h>
#include <string.h>

int fast_name_add(struct fastcommit *f, uint32_t parent, const unsigned char *name, size_t len,
		  uint32_t ino, bool add, struct i2n_err *err)
{
	int rc = fast_grow(f, &f->ops, &f->cap_ops, f->n_ops, 1, sizeof(*f->ops), err);

	if (rc == I2N_OK)
		rc = fast_grow(f, &f->names, &f->cap_names, f->n_names, len, 1, err);
	if (rc != I2N_OK)
		return rc;
	memcpy(f->names + f->n_names, name, len);
	f->ops[f->n_ops++] = (struct name_op){ .parent = parent,
					       .ino = ino,
					       .name = (uint32_t)f->n_names,
					       .len = (uint16_t)len,
					       .add = add,
					       .seq = f->seq++ };
	f->n_names += len;
	return I2N_OK;
}

/* By directory, then by name: 0 for the ops of one group. */
static int compare_key(const struct fastcommit *f, const struct name_op *op, uint32_t parent,
		       const void *name, size_t len)
{
	if (op->parent != parent)
		return op->parent < parent ? -1 : 1;
	if (op->len != len)
		return op->len < len ? -1 : 1;
	return memcmp(f->names + op->name, name, len);
}

static bool is_before(const struct fastcommit *f, const struct name_op *a, const struct name_op *b)
{
	int c = compare_key(f, a, b->parent, f->names + b->name, b->len);

	return c < 0 || (!c && a->seq < b->seq);
}

static void sift_down(struct fastcommit *f, size_t at, size_t n)
{
	struct name_op *v = f->ops, tmp;
	size_t child;

	while ((child = 2 * at + 1) < n) {
		if (child + 1 < n && is_before(f, &v[child], &v[child + 1]))
			child++;
		if (!is_before(f, &v[at], &v[child]))
			return;
		tmp = v[at];
		v[at] = v[child];
		v[child] = tmp;
		at = child;
	}
}

/* Heap sort: qsort() has no way to hand the names to the comparison. */
int fast_names_sort(struct fastcommit *f, struct i2n_err *err)
{
	struct name_op tmp;
	size_t i;

	for (i = f->n_ops / 2; i--;)
		sift_down(f, i, f->n_ops);
	for (i = f->n_ops; i-- > 1;) {
		tmp = f->ops[0];
		f->ops[0] = f->ops[i];
		f->ops[i] = tmp;
		sift_down(f, 0, i);
	}
	f->seen = calloc(f->n_ops + 1, sizeof(*f->seen));
	return f->seen ? I2N_OK : i2n_err_nomem(err);
}

static bool is_same_group(const struct fastcommit *f, size_t a, size_t b)
{
	const struct name_op *op = &f->ops[b];

	return !compare_key(f, &f->ops[a], op->parent, f->names + op->name, op->len);
}

/* What the ops of the group that begins at i make of an entry that names ino (0 = there is none). A
 * name that exists is not linked again, and is only removed when it names the inode that the op
 * means: it may have been renamed over. */
static uint32_t run_group(const struct fastcommit *f, size_t i, uint32_t ino, size_t *ret_next)
{
	size_t k;

	for (k = i; k < f->n_ops && is_same_group(f, i, k); k++) {
		const struct name_op *op = &f->ops[k];

		if (op->add && !ino)
			ino = op->ino;
		else if (!op->add && ino == op->ino)
			ino = 0;
	}
	*ret_next = k;
	return ino;
}

uint32_t fastcommit_dirent(struct fastcommit *f, uint32_t parent, const void *name, size_t len,
			   uint32_t ino)
{
	size_t lo = 0, hi = f ? f->n_ops : 0, end = hi, next;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (compare_key(f, &f->ops[mid], parent, name, len) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (lo == end || compare_key(f, &f->ops[lo], parent, name, len))
		return ino;
	f->seen[lo] = true;
	return run_group(f, lo, ino, &next);
}

bool fastcommit_added(const struct fastcommit *f, size_t *i, struct fast_name *ret)
{
	while (f && *i < f->n_ops) {
		const struct name_op *op = &f->ops[*i];
		bool seen = f->seen[*i];
		uint32_t ino = run_group(f, *i, 0, i);

		if (seen || !ino)
			continue;
		*ret = (struct fast_name){ .parent = op->parent,
					   .ino = ino,
					   .name = f->names + op->name,
					   .len = op->len };
		return true;
	}
	return false;
}
