/* nfs3_obj.h - file handles by small number: what i2n_obj stands for at an NFS server.
 *
 * Memory: 65 bytes per entry, 129 when a handle is longer than those of NFSv3; an entry is used
 *         from MKDIR (or a kept object) to release. Entry 0 is the destination. */
#ifndef NFS3_OBJ_H
#define NFS3_OBJ_H

#include "img2nfs/sink.h"

#include "nfs3_xdr.h"

struct nfs3_objs {
	unsigned char *slots;	/* of `width` bytes each: length and handle */
	size_t width;
	uint32_t n, cap;
	uint32_t free_head;	/* chained through the first bytes of free slots; I2N_OBJ_NONE =
				 * none */
};

void nfs3_objs_init(struct nfs3_objs *objs);
/* I2N_OBJ_NONE: out of memory */
i2n_obj nfs3_objs_add(struct nfs3_objs *objs, const struct nfs3_fh *fh);
struct nfs3_fh nfs3_objs_get(const struct nfs3_objs *objs, i2n_obj obj);
void nfs3_objs_remove(struct nfs3_objs *objs, i2n_obj obj);
void nfs3_objs_release(struct nfs3_objs *objs);

#endif
