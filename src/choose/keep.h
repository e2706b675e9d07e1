/* keep.h - take names out of a tree. */
#ifndef CHOOSE_KEEP_H
#define CHOOSE_KEEP_H

#include "img2nfs/node.h"

/* What stays of the tree, in place: the names d with kept[d], and the inodes that they name. root:
 * index of the directory that is the root then; its own name must not be kept, those of all
 * directories on the way from it to a kept name must. */
int keep_names(struct i2n_tree *t, const unsigned char *kept, uint32_t root, struct i2n_err *err);

#endif
