#include "img2nfs/edit.h"

#include <stdlib.h>

static bool can_be_setuid(const struct i2n_inode *in)
{
	return in->flags & I2N_INODE_CAPS && i2n_inode_type(in) == I2N_S_IFREG && !in->uid &&
	       in->mode & 0111;
}

int i2n_edit_caps_to_setuid(struct i2n_tree *tree, const struct i2n_notes *notes,
			    struct i2n_err *err)
{
	for (uint32_t i = 0; i < tree->n_inodes; i++) {
		struct i2n_inode *in = &tree->inodes[i];
		size_t len;
		char *path;

		if (!can_be_setuid(in))
			continue;
		path = i2n_tree_path(tree, in->first_dirent, &len);
		if (!path)
			return i2n_err_nomem(err);
		in->mode |= 04000;
		in->flags &= (uint16_t)~I2N_INODE_CAPS;
		i2n_note(notes, I2N_NOTE_WARN, "caps-setuid", path, len,
			 "becomes set-user-ID root in place of its file capabilities");
		free(path);
	}
	return I2N_OK;
}
