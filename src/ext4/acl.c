#include "checked.h"
#include "ext4.h"

#include <stdlib.h>

/* ext4 stores an ACL in a shorter form than getxattr(2) shows: version 1, and no id where the tag
 * needs none.
 * Source: kernel, fs/ext4/acl.h and include/uapi/linux/posix_acl_xattr.h. */

#define DISK_VERSION 1
#define XATTR_VERSION 2
#define ID_UNDEFINED 0xffffffffu
#define TAG_USER 0x02
#define TAG_GROUP 0x08

static bool has_id(unsigned tag)
{
	return tag == TAG_USER || tag == TAG_GROUP;
}

static bool is_tag(unsigned tag)
{
	return tag && !(tag & (tag - 1)) && tag <= 0x20;
}

static void put_le32(unsigned char *p, uint32_t v)
{
	p[0] = v & 255;
	p[1] = v >> 8 & 255;
	p[2] = v >> 16 & 255;
	p[3] = v >> 24;
}

void *ext4_acl_convert(const unsigned char *acl, size_t len, size_t *ret_len)
{
	unsigned char *out, *o;
	size_t pos, step;

	if (len < 4 || i2n_le32(acl) != DISK_VERSION)
		return NULL;
	out = malloc(4 + (len - 4) / 4 * 8);
	if (!out)
		return NULL;
	put_le32(out, XATTR_VERSION);
	o = out + 4;
	for (pos = 4; pos < len; pos += step, o += 8) {
		unsigned tag;

		if (len - pos < 4)
			goto bad;
		tag = i2n_le16(acl + pos);
		step = has_id(tag) ? 8 : 4;
		if (!is_tag(tag) || len - pos < step)
			goto bad;
		put_le32(o, i2n_le32(acl + pos));
		put_le32(o + 4, has_id(tag) ? i2n_le32(acl + pos + 4) : ID_UNDEFINED);
	}
	*ret_len = (size_t)(o - out);
	return out;
bad:
	free(out);
	return NULL;
}
