/* edit.h - change a tree between reading and storing it, where the destination cannot hold it as it
 * is.
 *
 * Ownership: trees are the caller's.
 * Errors:    I2N_FATAL only when memory is out. */
#ifndef IMG2NFS_EDIT_H
#define IMG2NFS_EDIT_H

#include "img2nfs/node.h"
#include "img2nfs/note.h"

/* What a user without rights can store of tree, as a new tree: everything belongs to uid and gid,
 * set-user-ID and set-group-ID bits are off (and the sticky bit of files), devices are not there.
 * Each object that differs is noted as loss "attr". */
int i2n_edit_squashed(const struct i2n_tree *tree, uint32_t uid, uint32_t gid,
		      const struct i2n_notes *notes, struct i2n_tree **ret, struct i2n_err *err);

/* Executable regular files of uid 0 with file capabilities become set-user-ID instead, as Debian's
 * ping does where capabilities cannot be stored. Each is noted as a warning; files of other owners,
 * whom that would not help, keep the flag and so are lost with a note as before. */
int i2n_edit_caps_to_setuid(struct i2n_tree *tree, const struct i2n_notes *notes,
			    struct i2n_err *err);

#endif
