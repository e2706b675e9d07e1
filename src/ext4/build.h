/* build.h - the state of build.c that its notes need. */
#ifndef EXT4_BUILD_H
#define EXT4_BUILD_H

#include "ext4.h"

struct build {
	struct load *l;
	uint32_t root;
	uint32_t *queue;		/* directories reached */
	size_t n_queue;
	uint32_t last;			/* 1 + dirent visited before in this directory, 0 = none */
};

/* Tell of dirent d (whose directory has been reached). With opts.strict a damage is an error. */
int ext4_build_note(struct build *b, enum damage dmg, uint32_t d, struct i2n_err *err);
/* Tell of the damages that were collected before the tree was known, if their objects have been
 * reached. */
int ext4_build_notes(struct build *b, struct i2n_err *err);

#endif
