#include "engine_own.h"

#include <stdlib.h>
#include <time.h>

int64_t engine_now_ms(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);	/* cannot fail with this clock and a valid
							 * pointer */
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

void engine_note_failure(const struct i2n_tree *tree, const struct i2n_notes *notes,
			 uint32_t dirent, const struct i2n_err *err)
{
	bool image = err->blame == I2N_BLAME_IMAGE;
	size_t len = 0;
	char *path = i2n_tree_path(tree, dirent, &len);

	/* without memory for the path the note still counts */
	i2n_note(notes, image ? I2N_NOTE_DAMAGED : I2N_NOTE_FAILED, image ? "content" : "store",
		 path, len, "%s", err->msg);
	free(path);
}

enum i2n_op_kind engine_make_op(const struct i2n_inode *in)
{
	switch (i2n_inode_type(in)) {
	case I2N_S_IFDIR:
		return I2N_OP_MKDIR;
	case I2N_S_IFREG:
		return I2N_OP_FILE;
	case I2N_S_IFLNK:
		return I2N_OP_SYMLINK;
	default:
		return I2N_OP_MKNOD;
	}
}
