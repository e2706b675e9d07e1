/* choose.h - leave out parts of a tree, or make one of its directories the root.
 *
 * Rules are rsync's: an ordered list of patterns, of which the first that matches a name decides
 * whether it is in or out; what no pattern matches is in, and what is below a directory that is out
 * is out.
 *
 *	pattern		matches
 *	foo		anything named foo, wherever it is
 *	/foo		foo in the root of the tree, and nowhere else
 *	foo/bar		any path that ends in foo/bar
 *	foo/		directories only
 *	*		any characters but '/'; "**" any at all; "?" one that is not '/'
 *	[a-z]		one of these; [!a-z] or [^a-z] one of the others; [[:digit:]] by kind
 *	foo/ and three stars behind it: foo itself and everything below it
 *
 * A pattern with a '/' that is not its last character, or with "**", is compared with the whole
 * path; any other with the last part of it. A backslash makes the next character an ordinary one,
 * in patterns that have one of "*?[".
 *
 * Ownership: trees are the caller's and changed where they stand.
 * Trust:     names of the tree are anything; matching takes time in proportion to the lengths of
 *            pattern and path, whatever they are.
 * Source:    rsync(1) 3.2.7, "PATTERN MATCHING RULES"; compared with it by
 *            tests/root/choose_as_rsync.sh. */
#ifndef IMG2NFS_CHOOSE_H
#define IMG2NFS_CHOOSE_H

#include "img2nfs/node.h"

struct i2n_rules;

int i2n_rules_new(struct i2n_rules **ret, struct i2n_err *err);
void i2n_rules_free(struct i2n_rules *rules);	/* NULL is fine */

/* At the end of the list. As for rsync's --exclude and --include: "+ PATTERN" and "- PATTERN" say
 * themselves what they are, "!" empties the list. Errors: USAGE. */
int i2n_rules_add(struct i2n_rules *rules, bool is_include, const char *text, struct i2n_err *err);

/* The lines of a file, as rsync's --exclude-from has them: empty ones and those that begin with '#'
 * or ';' are comments. */
int i2n_rules_read(struct i2n_rules *rules, const char *path, struct i2n_err *err);

/* Is this one out? path: without leading slash, len > 0; the directories above it are not asked. */
bool i2n_rules_excludes(const struct i2n_rules *rules, const char *path, size_t len, bool is_dir);

/* Leave out what the rules exclude. ret_left_out: names, those below directories included. */
int i2n_choose_by_rules(struct i2n_tree *tree, const struct i2n_rules *rules,
			uint64_t *ret_left_out, struct i2n_err *err);

/* Make the directory at path, in which symlinks are not followed, the root. Errors: USAGE where
 * there is no such directory. */
int i2n_choose_below(struct i2n_tree *tree, const char *path, struct i2n_err *err);

#endif
