/* extract_many.h - `extract` with several destinations: their names, and their runs side by side.
 *
 * Ownership: many_release() frees; it accepts a zeroed struct. */
#ifndef CLI_EXTRACT_MANY_H
#define CLI_EXTRACT_MANY_H

#include "img2nfs/share.h"

#include "progress.h"

struct many {
	char **urls;
	char **names;		/* of each: for messages, "{}" and the hostname */
	unsigned n;
};

/* The operands as they were given, with lists in braces written out: "nfs://nas/{a,b}" is two. Two
 * of the same are refused, and null: beside others. Where there is one only, it has no name. */
int many_expand(char *const *operands, unsigned n_operands, struct many *ret, struct i2n_err *err);
void many_release(struct many *m);

/* The value of an option with "{}" replaced by a name, for the caller to free. NULL value: NULL, as
 * is what fails. A value without "{}" is refused: it would be the same for all. */
int many_value(const char *option, const char *value, const char *name, char **ret,
	       struct i2n_err *err);

/* Progress of several runs as that of one. */
struct many_progress;
struct many_progress_part {
	struct many_progress *all;
	struct i2n_progress at;
};
struct many_progress {
	struct progress shown;
	struct many_progress_part parts[I2N_SHARE_RUNS];
	unsigned n;
};

/* A callback of engine.h; ctx is a struct many_progress_part. From any thread. */
void many_progress_update(void *ctx, const struct i2n_progress *at);

/* Call fn for each of n runs, which lie `size` apart, in threads; returns when all have returned.
 * Where a thread cannot be started, fn is called afterwards. */
void many_together(void (*fn)(void *run), void *runs, size_t size, unsigned n);

#endif
