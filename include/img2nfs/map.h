/* map.h - give the objects of a tree other owners, as a user namespace does, and times that do not
 * tell when it was made.
 *
 * Mapped are owner and group, the ids in ACLs, and the root ids in file capabilities: those of
 * version 2 become version 3 with what 0 is mapped to, because that is who may use them in the
 * namespace. An id that is in no range is an error: nothing is stored that nobody owns.
 *
 * Ownership: a mapping reader needs the map and the reader below it as long as it lives.
 * Source:    user_namespaces(7), capabilities(7) "File capability extended attribute
 *            versioning". */
#ifndef IMG2NFS_MAP_H
#define IMG2NFS_MAP_H

#include "img2nfs/reader.h"

struct i2n_id_range {
	uint32_t from, to;	/* the first in the image, the first in what is stored */
	uint64_t count;		/* > 0; both ends stay below 2^32 - 1 */
};

struct i2n_id_map {
	struct i2n_id_range *ranges;
	unsigned n;		/* 0: ids stay as they are */
};

struct i2n_map {
	struct i2n_id_map users, groups;
	bool has_owner;		/* everything belongs to uid and gid; ACLs stay as they are */
	uint32_t uid, gid;
	bool has_epoch;		/* mtimes are at most this, and atimes are what mtimes are */
	uint64_t epoch;		/* packed */
};

/* "FROM:TO:COUNT" as one more range. Errors: USAGE, also where it overlaps another one; the text
 * begins with `what`. */
int i2n_map_add(struct i2n_id_map *map, const char *what, const char *text, struct i2n_err *err);
void i2n_map_release(struct i2n_map *map);

/* Change the tree where it stands. reader: as it is without a map; its ACLs and capabilities are
 * looked at, too. Errors: USAGE for an id in no range, with the first path that has it. */
int i2n_map_tree(struct i2n_tree *tree, struct i2n_reader *reader, const struct i2n_map *map,
		 struct i2n_err *err);

/* The reader of such a tree: below, but with other ids in ACLs and capabilities. */
int i2n_map_reader(struct i2n_reader *below, const struct i2n_map *map, struct i2n_reader **ret,
		   struct i2n_err *err);
void i2n_map_reader_free(struct i2n_reader *reader);	/* NULL is fine */

#endif
