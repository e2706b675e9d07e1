#include "nfs3_obj.h"

#include <assert.h>
#include <stdlib.h>

void nfs3_objs_init(struct nfs3_objs *objs)
{
	*objs = (struct nfs3_objs){ .free_head = I2N_OBJ_NONE };
}

static bool grow(struct nfs3_objs *objs)
{
	uint32_t cap = objs->cap ? objs->cap + objs->cap / 2 : 64;
	struct nfs3_fh *slots;

	if (cap < objs->cap)
		return false;
	slots = realloc(objs->slots, (size_t)cap * sizeof(*slots));
	if (!slots)
		return false;
	objs->slots = slots;
	objs->cap = cap;
	return true;
}

i2n_obj nfs3_objs_add(struct nfs3_objs *objs, const struct nfs3_fh *fh)
{
	i2n_obj obj = objs->free_head;

	assert(fh->len);
	if (obj != I2N_OBJ_NONE) {
		memcpy(&objs->free_head, objs->slots[obj].data, sizeof(objs->free_head));
	} else {
		if (objs->n == objs->cap && !grow(objs))
			return I2N_OBJ_NONE;
		obj = objs->n++;
	}
	objs->slots[obj] = *fh;
	return obj;
}

const struct nfs3_fh *nfs3_objs_get(const struct nfs3_objs *objs, i2n_obj obj)
{
	assert(obj < objs->n && objs->slots[obj].len);
	return &objs->slots[obj];
}

void nfs3_objs_remove(struct nfs3_objs *objs, i2n_obj obj)
{
	assert(obj < objs->n && objs->slots[obj].len);
	objs->slots[obj].len = 0;	/* marks it as free */
	memcpy(objs->slots[obj].data, &objs->free_head, sizeof(objs->free_head));
	objs->free_head = obj;
}

void nfs3_objs_release(struct nfs3_objs *objs)
{
	free(objs->slots);
	nfs3_objs_init(objs);
}
