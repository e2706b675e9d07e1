#include "volumes.h"

#include "checked.h"

#include <stdlib.h>

static int probe(struct volume *v, struct i2n_source *image, uint64_t start, uint64_t size,
		 struct i2n_err *err)
{
	uint64_t inside = start < image->size ? image->size - start : 0;
	int rc;

	if (inside > size)
		inside = size;
	v->missing = size - inside;
	if (!inside)
		return I2N_OK;
	rc = i2n_source_slice(image, start, inside, &v->slice, err);
	return rc == I2N_OK ? i2n_fstype_probe(v->slice, &v->fstype, err) : rc;
}

int volumes_probe(struct i2n_source *image, const struct i2n_ptable *pt, struct volumes *ret,
		  struct i2n_err *err)
{
	unsigned n = pt->label == I2N_LABEL_NONE ? 1 : pt->n_parts, i;
	int rc = I2N_OK;

	*ret = (struct volumes){ .v = calloc(n ? n : 1, sizeof(*ret->v)), .n = n };
	if (!ret->v)
		return i2n_err_nomem(err);
	if (pt->label == I2N_LABEL_NONE)
		return probe(&ret->v[0], image, 0, image->size, err);
	for (i = 0; i < n && rc == I2N_OK; i++) {
		ret->v[i].part = &pt->parts[i];
		if (!pt->parts[i].container)
			rc = probe(&ret->v[i], image, pt->parts[i].start, pt->parts[i].size, err);
	}
	return rc;
}

void volumes_release(struct volumes *vols)
{
	unsigned i;

	for (i = 0; vols->v && i < vols->n; i++)
		i2n_source_free(vols->v[i].slice);
	free(vols->v);
	*vols = (struct volumes){ 0 };
}
