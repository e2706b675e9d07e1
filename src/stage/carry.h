/* carry.h - from the tree of one stage to that of the next: what of it is at the server.
 *
 * Names are compared from the root down. A name that has been stored and in the new tree is that of
 * the same inode, is there. One that is not is a stray: it is removed, with all that is below.
 *
 * Ownership: i2n_have's arrays; carry_init() makes them, carry_release() frees them. The objects in
 *            them are the sink's.
 * Trust:     both trees come from a file system that may be damaged in any way. */
#ifndef CARRY_H
#define CARRY_H

#include "img2nfs/engine.h"

/* Nothing is there but the root. */
int carry_init(struct i2n_have *have, const struct i2n_tree *tree, struct i2n_err *err);
void carry_release(struct i2n_have *have);

/* What the next run is to leave for later, or, when it is the last, to settle. */
void carry_prepare(struct i2n_have *have, const struct i2n_tree *tree, bool goes_on);

/* An inode with several names is stored under the one that is there, whichever that is. */
struct carry_owner {
	uint32_t inode, first_dirent;	/* as it was in the tree */
};
struct carry_owners {
	struct carry_owner *list;
	size_t n, cap;
};

/* *now is what is there of tree `next`; old and its objects are of no more use, whatever the
 * result. Strays are removed, or told. next: gets other first names, added to *owners. *now needs
 * carry_release() in any case. */
int carry_over(const struct i2n_tree *tree, struct i2n_have *old, struct i2n_tree *next,
	       struct i2n_have *now, struct carry_owners *owners, struct i2n_sink *sink,
	       const struct i2n_notes *notes, const volatile int *stop, struct i2n_err *err);

/* Undo what *owners notes. */
void carry_restore(struct i2n_tree *tree, struct carry_owners *owners);

#endif
