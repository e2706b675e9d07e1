/* choose_opts.h - what of an image is meant, and whose it is to be: the same for all commands that
 * take a whole tree.
 *
 *	choose_init(&c, &o, &err)			all that can be wrong on the command line
 *	choose_tree(&c, image.rest, tree, notes, &err)	once for each tree, and each part of one
 *	choose_map(&c, tree, &reader, &err)		the same, when all other edits are done
 *	choose_release(&c)
 *
 * Ownership: a zeroed struct choose is one without options. */
#ifndef CLI_CHOOSE_OPTS_H
#define CLI_CHOOSE_OPTS_H

#include "img2nfs/choose.h"
#include "img2nfs/map.h"
#include "img2nfs/note.h"

#include "opts.h"

struct choose_opts {
	struct opt_list rules, map_users, map_groups;
	const char *subdir, *owner;
	bool reproducible;
};

/* Rows for a struct (`tag`: "struct x_opts") with a member `m` of type struct choose_opts. */
#define CHOOSE_ROWS(tag, m) \
	{ .name = "exclude", .type = OPT_LIST, .off = offsetof(tag, m.rules), .arg = "PATTERN", \
	  .help = "leave out what matches, with all below it; patterns are rsync's, and the " \
	  "first of --exclude and --include that matches decides" }, \
	{ .name = "include", .type = OPT_LIST, .off = offsetof(tag, m.rules), .arg = "PATTERN", \
	  .help = "do not leave out what matches" }, \
	{ .name = "exclude-from", .type = OPT_LIST, .off = offsetof(tag, m.rules), .arg = "FILE", \
	  .help = "the same for each line of FILE; '+ PATTERN' is an --include" }, \
	{ .name = "subdir", .type = OPT_STRING, .off = offsetof(tag, m.subdir), .arg = "DIR", \
	  .help = "only what is in this directory of the image; IMAGE:/DIR is the same" }, \
	{ .name = "map-users", .type = OPT_LIST, .off = offsetof(tag, m.map_users), \
	  .arg = "FROM:TO:COUNT", .help = "store users FROM.. as TO.., in ACLs and capabilities, " \
	  "too; may be repeated" }, \
	{ .name = "map-groups", .type = OPT_LIST, .off = offsetof(tag, m.map_groups), \
	  .arg = "FROM:TO:COUNT", .help = "the same for groups" }, \
	{ .name = "owner", .type = OPT_STRING, .off = offsetof(tag, m.owner), .arg = "UID:GID", \
	  .help = "everything belongs to these" }, \
	{ .name = "reproducible", .type = OPT_FLAG, .off = offsetof(tag, m.reproducible), \
	  .help = "no modification time after $SOURCE_DATE_EPOCH, and access times as these" }

struct choose {
	const struct choose_opts *o;
	struct i2n_rules *rules;	/* NULL: none */
	struct i2n_map map;
	struct i2n_reader *reader;	/* that maps, or NULL */
};

int choose_init(struct choose *c, const struct choose_opts *o, struct i2n_err *err);
void choose_release(struct choose *c);

/* Any option that asks for something? */
bool choose_is_on(const struct choose_opts *o);
/* Something may be refused that only the whole tree shows. rest: of IMAGE. */
bool choose_must_wait(const struct choose *c, const char *rest);

int choose_tree(const struct choose *c, const char *rest, struct i2n_tree *tree,
		const struct i2n_notes *notes, struct i2n_err *err);
int choose_map(struct choose *c, struct i2n_tree *tree, struct i2n_reader **reader,
	       struct i2n_err *err);

/* Would the rules leave this out, whatever it is? For what the destination has. ctx: the rules. */
bool choose_excludes(void *ctx, const char *path, size_t len);

#endif
