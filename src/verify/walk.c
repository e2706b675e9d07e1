#include "walk.h"

uint32_t walk_next(const struct i2n_tree *t, uint32_t top, uint32_t dirent)
{
	uint32_t inode = dirent == I2N_NONE ? top : t->dirents[dirent].inode;
	const struct i2n_inode *in = &t->inodes[inode];

	if (i2n_inode_type(in) == I2N_S_IFDIR && in->dir.count)
		return in->dir.first;
	while (dirent != I2N_NONE) {
		uint32_t parent = t->dirents[dirent].parent;

		in = &t->inodes[parent];
		if (dirent + 1 < in->dir.first + in->dir.count)
			return dirent + 1;
		if (parent == top)
			break;
		dirent = in->first_dirent;
	}
	return I2N_NONE;
}
