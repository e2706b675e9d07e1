#include "map_own.h"

#include "checked.h"

#include <string.h>

/* As getxattr(2) gives them. ACL: Linux include/uapi/linux/posix_acl_xattr.h; capabilities:
 * include/uapi/linux/capability.h, struct vfs_cap_data and vfs_ns_cap_data. */
#define ACL_HEADER 4u
#define ACL_ENTRY 8u
#define CAP_REVISION_MASK 0xff000000u
#define CAP_REVISION_2 0x02000000u
#define CAP_REVISION_3 0x03000000u
#define CAP_2_LEN 20u
#define CAP_3_LEN 24u

static void put_le32(unsigned char *p, uint32_t v)
{
	for (unsigned i = 0; i < 4; i++)
		p[i] = (unsigned char)(v >> 8 * i);
}

bool map_id(const struct i2n_id_map *map, uint32_t *id)
{
	for (unsigned i = 0; i < map->n; i++) {
		const struct i2n_id_range *r = &map->ranges[i];

		if (*id < r->from || *id - r->from >= r->count)
			continue;
		*id = *id - r->from + r->to;
		return true;
	}
	return !map->n;
}

static bool map_acl(const struct i2n_map *map, unsigned char *value, size_t len, uint32_t *ret_id)
{
	for (size_t at = ACL_HEADER; at + ACL_ENTRY <= len; at += ACL_ENTRY) {
		const unsigned tag = i2n_le16(value + at);
		uint32_t id = i2n_le32(value + at + 4);

		if (tag != I2N_ACL_USER && tag != I2N_ACL_GROUP)
			continue;
		*ret_id = id;
		if (!map_id(tag == I2N_ACL_USER ? &map->users : &map->groups, &id))
			return false;
		put_le32(value + at + 4, id);
	}
	return true;
}

static bool map_caps(const struct i2n_map *map, unsigned char *value, size_t len, size_t *ret_len,
		     uint32_t *ret_id)
{
	const uint32_t magic = len >= 4 ? i2n_le32(value) : 0,
		       revision = magic & CAP_REVISION_MASK;
	uint32_t root = 0;

	if (!map->users.n)
		return true;
	if (revision == CAP_REVISION_3 && len == CAP_3_LEN)
		root = i2n_le32(value + CAP_2_LEN);
	else if (revision != CAP_REVISION_2 || len != CAP_2_LEN)
		return true;
	*ret_id = root;
	if (!map_id(&map->users, &root))
		return false;
	if (!root && revision == CAP_REVISION_2)
		return true;	/* 0 stays 0: the older version says just that */
	put_le32(value, (magic & ~CAP_REVISION_MASK) | CAP_REVISION_3);
	put_le32(value + CAP_2_LEN, root);
	*ret_len = CAP_3_LEN;
	return true;
}

bool map_value(const struct i2n_map *map, const char *name, unsigned char *value, size_t len,
	       size_t *ret_len, uint32_t *ret_id)
{
	*ret_len = len;
	if (!strcmp(name, "system.posix_acl_access") || !strcmp(name, "system.posix_acl_default"))
		return map_acl(map, value, len, ret_id);
	if (!strcmp(name, "security.capability"))
		return map_caps(map, value, len, ret_len, ret_id);
	return true;
}
