/* edit.h - change a tree between reading and storing it.
 *
 * A set of edits is opened over a tree and its reader, neither of which it changes. Files are read
 * and written by path, and what was written is what is read afterwards; at the end there is a new
 * tree and a new reader, which serves what was written from memory and all else from the image:
 *
 *	i2n_edits_new(tree, reader, &e, &err);
 *	i2n_edits_read(e, "etc/fstab", &text, &err)
 *	i2n_edits_write(e, &(struct i2n_edit_what){ "fstab", "no root device" }, "etc/fstab", ...);
 *	i2n_edits_finish(e, &new_tree, &err);		i2n_edits_reader(e) belongs to it
 *
 * Symlinks in paths are followed as the system that boots from the tree would: absolute ones start
 * at the tree's root, ".." of the root is the root, and there are 40 at most. So nothing outside
 * the tree is ever reached.
 *
 * An edit touches what its path names and nothing else: a file with several names is edited under
 * one of them and becomes a file of its own. What is edited keeps owner, mode and times, so that
 * the same image and the same edits give the same tree; what is made gets the times of its
 * directory. Comparing size and time is thus no way to find out whether an edited file
 * (I2N_INODE_MEMORY) is the same.
 *
 * Thread:    one.
 * Ownership: tree and reader stay the caller's, and must outlive the set. What the set gives out
 *            lives as long as it does, unless said otherwise.
 * Memory:    a second tree, and what was written, twice.
 * Trust:     content of files is anything; files of more than I2N_EDIT_MAX bytes are not read.
 * Errors:    I2N_BADNODE: this cannot be edited; the text names the path ("cannot edit 'etc/fstab':
 *            it is a directory"), and nothing was changed. I2N_FATAL: memory is out, or the image
 *            cannot be read. */
#ifndef IMG2NFS_EDIT_H
#define IMG2NFS_EDIT_H

#include "img2nfs/note.h"
#include "img2nfs/reader.h"

#define I2N_EDIT_MAX ((uint64_t)1 << 20)

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

/* The directory with inode index dir, and all below it, as a tree of its own, whose content the
 * same reader reads. */
int i2n_edit_subtree(const struct i2n_tree *tree, uint32_t dir, struct i2n_tree **ret,
		     struct i2n_err *err);

struct i2n_edits;

int i2n_edits_new(const struct i2n_tree *tree, struct i2n_reader *reader, struct i2n_edits **ret,
		  struct i2n_err *err);
void i2n_edits_free(struct i2n_edits *e);	/* reader and changes, too; trees are not its */

/* Paths: NUL-terminated, with or without a leading slash. */

/* What is there, as the system would find it: the inode in its present state, or NULL where there
 * is nothing, where a symlink leads nowhere or in circles. Valid until the next change. follow: a
 * symlink in the last place is followed, too. */
const struct i2n_inode *i2n_edits_at(struct i2n_edits *e, const char *path, bool follow);

/* The content of a regular file, with a NUL behind it that does not count. */
struct i2n_text {
	char *bytes;
	size_t len;
};

/* The caller frees ret->bytes. I2N_END: there is nothing at path. I2N_BADNODE: not a regular file,
 * or too large, or damaged, or behind a symlink that leads in circles. */
int i2n_edits_read(struct i2n_edits *e, const char *path, struct i2n_text *ret,
		   struct i2n_err *err);

/* The target of the symlink in the last place of path, which the caller frees. I2N_END: there is
 * nothing, or no symlink. */
int i2n_edits_readlink(struct i2n_edits *e, const char *path, struct i2n_text *ret,
		       struct i2n_err *err);

/* Each name of a directory in its present state, by name. I2N_OK also where there is no such
 * directory. fn makes no changes; it returns other than I2N_OK to end with that. */
typedef int i2n_edits_name_fn(void *ctx, const char *name, size_t len, const struct i2n_inode *in);
int i2n_edits_each(struct i2n_edits *e, const char *dir, i2n_edits_name_fn *fn, void *ctx,
		   struct i2n_err *err);

/* Why something is changed. Both texts must outlive the set. */
struct i2n_edit_what {
	const char *name;	/* of the edit, for the report: "fstab" */
	const char *why;	/* one line, lower case, no full stop: "the root is not a disk" */
};

/* Give the file at path this content. Where there is none, it is made: owned by root, with
 * permissions `mode`, and so are directories on the way, with 0755. Content that it has already is
 * no change. */
int i2n_edits_write(struct i2n_edits *e, const struct i2n_edit_what *what, const char *path,
		    const void *bytes, size_t len, unsigned mode, struct i2n_err *err);

/* Make a symlink at path, in place of what is no directory; directories on the way as above. */
int i2n_edits_symlink(struct i2n_edits *e, const struct i2n_edit_what *what, const char *path,
		      const char *target, struct i2n_err *err);

/* Remove a name that is no directory. Where there is nothing, nothing is done. */
int i2n_edits_remove(struct i2n_edits *e, const struct i2n_edit_what *what, const char *path,
		     struct i2n_err *err);

/* What was done, in order. A content that is a symlink's target is one without newline. */
struct i2n_edit_change {
	struct i2n_edit_what what;
	const char *path;		/* where it was found, without leading slash */
	size_t path_len;
	unsigned before_mode, after_mode;	/* type and permissions; 0: nothing was, is there */
	struct i2n_text before, after;	/* of regular files and symlinks; else without bytes. A
					 * file that cannot be read is removed without its bytes */
};
const struct i2n_edit_change *i2n_edits_changes(const struct i2n_edits *e, size_t *ret_n);

/* The tree with all changes, for the caller to free, made once. Inodes that have no name any more
 * are not in it. */
int i2n_edits_finish(struct i2n_edits *e, struct i2n_tree **ret, struct i2n_err *err);

/* Reads that tree. */
struct i2n_reader *i2n_edits_reader(struct i2n_edits *e);

/* A change as a unified diff, as diff -u prints it, with a line in front of it where a symlink or a
 * removed file needs one (as git has it); caller frees. The bytes of the files are in it as they
 * are. NULL: out of memory. */
char *i2n_edit_diff(const struct i2n_edit_change *c, size_t *ret_len);

#endif
