#include "img2nfs/name.h"

#include "map_own.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* --- ranges --- */

/* Digits up to c, or to the end. NULL: none, or more than 2^32 - 1. */
static const char *take_number(const char *p, char c, uint64_t *ret)
{
	uint64_t v = 0;
	const char *at = p;

	for (; *at >= '0' && *at <= '9' && v <= UINT32_MAX; at++)
		v = v * 10 + (uint64_t)(*at - '0');
	if (at == p || *at != c || v > UINT32_MAX)
		return NULL;
	*ret = v;
	return at + (c != '\0');
}

/* The last id, 2^32 - 1, means "none" to the kernel. */
static bool parse_range(const char *text, struct i2n_id_range *ret)
{
	uint64_t from, to, count;

	text = take_number(text, ':', &from);
	text = text ? take_number(text, ':', &to) : NULL;
	text = text ? take_number(text, '\0', &count) : NULL;
	if (!text || !count || from + count > UINT32_MAX || to + count > UINT32_MAX)
		return false;
	*ret = (struct i2n_id_range){ (uint32_t)from, (uint32_t)to, count };
	return true;
}

static bool overlap(uint64_t a, uint64_t n, uint64_t b, uint64_t m)
{
	return a < b + m && b < a + n;
}

int i2n_map_add(struct i2n_id_map *map, const char *what, const char *text, struct i2n_err *err)
{
	struct i2n_id_range r, *grown;
	char q[120];

	if (!parse_range(text, &r))
		return i2n_fail(err, I2N_FATAL, I2N_DOM_USAGE, 0,
				"%s: %s is not FROM:TO:COUNT, with all ids below 4294967295", what,
				i2n_quote(q, sizeof(q), text, strlen(text)));
	for (unsigned i = 0; i < map->n; i++)
		if (overlap(r.from, r.count, map->ranges[i].from, map->ranges[i].count) ||
		    overlap(r.to, r.count, map->ranges[i].to, map->ranges[i].count))
			return i2n_fail(err, I2N_FATAL, I2N_DOM_USAGE, 0,
					"%s: %s overlaps another range", what,
					i2n_quote(q, sizeof(q), text, strlen(text)));
	grown = realloc(map->ranges, (map->n + 1) * sizeof(*grown));
	if (!grown)
		return i2n_err_nomem(err);
	grown[map->n++] = r;
	map->ranges = grown;
	return I2N_OK;
}

void i2n_map_release(struct i2n_map *map)
{
	free(map->users.ranges);
	free(map->groups.ranges);
	*map = (struct i2n_map){ 0 };
}

/* --- the tree --- */

static int no_range(const struct i2n_tree *t, const struct i2n_inode *in, const char *of,
		    uint32_t id, struct i2n_err *err)
{
	size_t len = 0;
	char *path = i2n_tree_path(t, in->first_dirent, &len), q[400];

	i2n_err_set(err, I2N_DOM_USAGE, 0, "cannot map %s: %s %" PRIu32 " is in no range",
		    path ? i2n_quote(q, sizeof(q), path, len) : "an object", of, id);
	i2n_err_hint(err, "--map-users and --map-groups may be given several times, one range "
		     "each");
	free(path);
	return I2N_FATAL;
}

struct check {
	const struct i2n_map *map;
	bool failed, no_memory;
	uint32_t id;
};

static void check_value(void *ctx, const char *name, const void *value, size_t len)
{
	struct check *c = ctx;
	unsigned char *copy = malloc(len + MAP_LONGER);
	uint32_t id = 0;

	c->no_memory |= !copy;
	if (copy && len)
		memcpy(copy, value, len);
	if (copy && !map_value(c->map, name, copy, len, &len, &id) && !c->failed) {
		c->failed = true;
		c->id = id;
	}
	free(copy);
}

/* Damaged attributes are told by whoever stores them. */
static int check_attrs(const struct i2n_tree *t, const struct i2n_inode *in,
		       struct i2n_reader *reader, const struct i2n_map *map, struct i2n_err *err)
{
	struct check c = { .map = map };

	if (!(in->flags & (I2N_INODE_ACL | I2N_INODE_CAPS)) || !reader->ops->xattrs)
		return I2N_OK;
	if (reader->ops->xattrs(reader, in, check_value, &c, err) == I2N_FATAL)
		return I2N_FATAL;
	if (c.no_memory)
		return i2n_err_nomem(err);
	return c.failed ? no_range(t, in, "in its ACL or capabilities, id", c.id, err) : I2N_OK;
}

static int map_owner(const struct i2n_tree *t, struct i2n_inode *in, const struct i2n_map *map,
		     struct i2n_err *err)
{
	if (map->has_owner) {
		in->uid = map->uid;
		in->gid = map->gid;
	}
	if (!map_id(&map->users, &in->uid))
		return no_range(t, in, "its owner", in->uid, err);
	if (!map_id(&map->groups, &in->gid))
		return no_range(t, in, "its group", in->gid, err);
	return I2N_OK;
}

int i2n_map_tree(struct i2n_tree *tree, struct i2n_reader *reader, const struct i2n_map *map,
		 struct i2n_err *err)
{
	const bool has_ids = map->users.n || map->groups.n;

	for (uint32_t i = 0; i < tree->n_inodes; i++) {
		struct i2n_inode *in = &tree->inodes[i];

		if (map_owner(tree, in, map, err) ||
		    (has_ids && check_attrs(tree, in, reader, map, err)))
			return I2N_FATAL;
		if (!map->has_epoch)
			continue;
		in->mtime = in->mtime < map->epoch ? in->mtime : map->epoch;
		in->atime = in->mtime;
	}
	return I2N_OK;
}
