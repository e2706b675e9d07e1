/* edits.h - a set of edits from within: which names and inodes differ from the tree below.
 *
 * Inodes are copied and changed in the copy; new ones come behind. Names are not copied: what was
 * removed and what was added are short lists. A name is called by a number: below n_dirents of the
 * tree it is a dirent of it, from there on an entry of `added`; adding or removing one changes the
 * numbers of `added`.
 *
 * Directories are added, but never removed or moved. */
#ifndef EDIT_EDITS_H
#define EDIT_EDITS_H

#include "img2nfs/edit.h"

struct edit_name {
	uint32_t parent, inode;
	unsigned char len;
	unsigned char bytes[I2N_NAME_MAX];
};

/* What stands behind inodes with I2N_INODE_MEMORY, from `first` on: what lies below may have such
 * inodes, too. */
struct edit_reader {
	struct i2n_reader base;
	struct i2n_reader *below;
	uint64_t first;
	struct i2n_text *texts;
	size_t n_texts, cap_texts;
};

struct i2n_edits {
	const struct i2n_tree *tree;
	struct edit_reader reader;
	struct i2n_inode *inodes;
	uint32_t n_inodes, cap_inodes;
	struct edit_name *added;	/* by parent and name */
	uint32_t n_added, cap_added;
	uint32_t *gone;			/* dirents of the tree, ascending */
	uint32_t n_gone, cap_gone;
	struct i2n_edit_change *changes;
	size_t n_changes, cap_changes;
};

/* Where a path leads. */
struct edit_at {
	uint32_t name;		/* I2N_NONE: the root, or not there */
	uint32_t inode;		/* I2N_NONE: not there */
	uint32_t dir;		/* the last directory on the way */
	char *rest;		/* not there: what is missing in dir; the caller frees */
	const char *why;	/* of I2N_BADNODE */
	bool is_loop;		/* of symlinks, or one cannot be read */
};

/* I2N_OK: it is there. I2N_END: it is not, but could be made. I2N_BADNODE: neither. */
int edit_walk(struct i2n_edits *e, const char *path, bool follow, struct edit_at *ret,
	      struct i2n_err *err);

/* Names of directory dir that were added: added[first .. *ret_end). */
uint32_t edit_added_in(const struct i2n_edits *e, uint32_t dir, uint32_t *ret_end);
bool edit_is_gone(const struct i2n_edits *e, uint32_t dirent);
int edit_add_name(struct i2n_edits *e, uint32_t dir, const void *name, size_t len, uint32_t inode,
		  uint32_t *ret_name, struct i2n_err *err);
int edit_remove_name(struct i2n_edits *e, uint32_t name, struct i2n_err *err);
const unsigned char *edit_name_bytes(const struct i2n_edits *e, uint32_t name, size_t *ret_len);
uint32_t edit_name_parent(const struct i2n_edits *e, uint32_t name);
uint32_t edit_name_inode(const struct i2n_edits *e, uint32_t name);
int edit_name_cmp(const void *a, size_t a_len, const void *b, size_t b_len);

/* The names of one directory in their order. */
struct edit_dir {
	const struct i2n_edits *e;
	uint32_t at, end;		/* dirents of the tree */
	uint32_t added, added_end;
};
void edit_dir_init(struct edit_dir *d, const struct i2n_edits *e, uint32_t dir);
uint32_t edit_dir_next(struct edit_dir *d);	/* I2N_NONE: that was all */

/* As i2n_tree_path(). */
char *edit_path(const struct i2n_edits *e, uint32_t name, size_t *ret_len);

void edit_reader_init(struct edit_reader *r, const struct i2n_tree *tree, struct i2n_reader *below);
void edit_reader_release(struct edit_reader *r);
/* Copies bytes; *ret goes into inode->data. */
int edit_reader_add(struct edit_reader *r, const void *bytes, size_t len, uint64_t *ret,
		    struct i2n_err *err);

/* Content or target of an inode; the caller frees. */
int edit_content(struct i2n_edits *e, const struct i2n_inode *in, struct i2n_text *ret,
		 struct i2n_err *err);

/* Room for one more of *n entries of this size; NULL: out of memory. */
void *edit_grow(void *array, size_t n, size_t *cap, size_t size);

#endif
