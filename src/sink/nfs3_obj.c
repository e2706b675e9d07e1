#include "nfs3_obj.h"

#include <assert.h>
#include <stdlib.h>

void nfs3_objs_init(struct nfs3_objs *objs)
{
	*objs = (struct nfs3_objs){ .width = 1 + NFS3_FHSIZE, .free_head = I2N_OBJ_NONE };
}

static unsigned char *slot(const struct nfs3_objs *objs, i2n_obj obj)
{
	return objs->slots + (size_t)obj * objs->width;
}

static bool grow(struct nfs3_objs *objs)
{
	uint32_t cap = objs->cap ? objs->cap + objs->cap / 2 : 64;
	unsigned char *slots;

	if (cap < objs->cap)
		return false;
	slots = realloc(objs->slots, (size_t)cap * objs->width);
	if (!slots)
		return false;
	objs->slots = slots;
	objs->cap = cap;
	return true;
}

/* A handle that only NFSv4 can have has come. */
static bool widen(struct nfs3_objs *objs)
{
	size_t width = 1 + NFS_FH_MAX;
	unsigned char *slots = objs->cap ? realloc(objs->slots, objs->cap * width) : NULL;

	if (objs->cap && !slots)
		return false;
	for (uint32_t i = objs->n; i-- > 0;)
		memmove(slots + i * width, slots + i * objs->width, objs->width);
	objs->slots = slots;
	objs->width = width;
	return true;
}

i2n_obj nfs3_objs_add(struct nfs3_objs *objs, const struct nfs3_fh *fh)
{
	i2n_obj obj = objs->free_head;

	assert(fh->len && fh->len <= NFS_FH_MAX);
	if (fh->len >= objs->width && !widen(objs))
		return I2N_OBJ_NONE;
	if (obj != I2N_OBJ_NONE) {
		memcpy(&objs->free_head, slot(objs, obj) + 1, sizeof(objs->free_head));
	} else {
		if (objs->n == objs->cap && !grow(objs))
			return I2N_OBJ_NONE;
		obj = objs->n++;
	}
	memcpy(slot(objs, obj), fh, 1 + (size_t)fh->len);
	return obj;
}

struct nfs3_fh nfs3_objs_get(const struct nfs3_objs *objs, i2n_obj obj)
{
	const unsigned char *at = slot(objs, obj);
	struct nfs3_fh fh;

	assert(obj < objs->n && *at);
	fh.len = *at;
	memcpy(fh.data, at + 1, fh.len);
	return fh;
}

void nfs3_objs_remove(struct nfs3_objs *objs, i2n_obj obj)
{
	unsigned char *at = slot(objs, obj);

	assert(obj < objs->n && *at);
	*at = 0;	/* marks it as free */
	memcpy(at + 1, &objs->free_head, sizeof(objs->free_head));
	objs->free_head = obj;
}

void nfs3_objs_release(struct nfs3_objs *objs)
{
	free(objs->slots);
	nfs3_objs_init(objs);
}
