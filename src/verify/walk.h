/* walk.h - all dirents below a directory, each directory before what is in it, siblings by name.
 *
 *	for (d = walk_next(t, top, I2N_NONE); d != I2N_NONE; d = walk_next(t, top, d)) */
#ifndef VERIFY_WALK_H
#define VERIFY_WALK_H

#include "img2nfs/node.h"

/* top: inode index of the directory. No stack: the way up is in the tree. */
uint32_t walk_next(const struct i2n_tree *t, uint32_t top, uint32_t dirent);

#endif
