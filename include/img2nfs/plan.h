/* plan.h - in which order the nodes of a tree are stored. Pure computation, no I/O.
 *
 * The plan answers: which dirent owns the data of a hard-linked inode (the others become LINKs), in
 * which order the non-directories go (by where their content starts on the medium, so that the
 * image is read in disk order), how much there is in all (for progress), and what the destination
 * cannot hold (losses, told as notes).
 *
 * Ownership: the plan points into the tree, which must outlive it and must not change. */
#ifndef IMG2NFS_PLAN_H
#define IMG2NFS_PLAN_H

#include "img2nfs/node.h"
#include "img2nfs/note.h"
#include "img2nfs/reader.h"

struct i2n_totals {
	uint64_t files, dirs, symlinks, devices, fifos, sockets;	/* inodes by type */
	uint64_t links;			/* further names of inodes */
	uint64_t bytes;			/* sizes of the regular files, holes included */
	uint64_t objects;		/* all ops: inodes without the root, plus links */
};

/* Count one object: an inode under its first name, or a further name of one. */
void i2n_totals_add(struct i2n_totals *t, const struct i2n_inode *in, bool is_link);

struct i2n_plan {
	const struct i2n_tree *tree;
	uint32_t *order;		/* dirents of all first names of non-directories, in order
					 * of storing */
	uint32_t n_order;
	uint32_t *dirs;			/* dirents of directories, parents before children, siblings
					 * by name */
	uint32_t n_dirs;
	uint32_t *links;		/* dirents that are further names */
	uint32_t n_links;
	struct i2n_totals totals;
};

/* caps: what the sink can hold (enum i2n_sink_caps). Notes: I2N_NOTE_LOSS for each inode that loses
 * something, by path.
 */
int i2n_plan_make(const struct i2n_tree *tree, struct i2n_reader *reader, uint32_t caps,
		  const struct i2n_notes *notes,
		  struct i2n_plan **ret, struct i2n_err *err);
void i2n_plan_free(struct i2n_plan *plan);

/* How many bytes of an inode's content are sent: holes are not. What cannot be read is not counted,
 * nor told. */
uint64_t i2n_data_bytes(struct i2n_reader *reader, const struct i2n_inode *in);

#endif
