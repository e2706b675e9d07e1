#include "img2nfs/acl.h"

#include "checked.h"

#include <stdlib.h>
#include <string.h>

#define XATTR_VERSION 2
#define XATTR_HEADER 4
#define XATTR_ENTRY 8		/* le16 tag, le16 permissions, le32 id */

static bool has_id(unsigned tag)
{
	return tag == I2N_ACL_USER || tag == I2N_ACL_GROUP;
}

static int by_tag(const void *a, const void *b)
{
	const struct i2n_ace *x = a, *y = b;

	if (x->tag != y->tag)
		return x->tag < y->tag ? -1 : 1;
	return x->id < y->id ? -1 : x->id > y->id;
}

/* What Linux' posix_acl_valid() asks, of entries in order: the three of the mode once, a mask at
 * most once and where somebody is named, nobody named twice. */
static bool is_valid(const struct i2n_acl_list *l)
{
	unsigned seen = 0;

	for (unsigned i = 0; i < l->n; i++) {
		const struct i2n_ace *e = &l->aces[i];

		if (!e->tag || e->tag & (e->tag - 1u) || e->tag > I2N_ACL_OTHER || e->perm > 7)
			return false;
		if (i && !by_tag(e - 1, e))
			return false;
		seen |= e->tag;
	}
	if (seen & (I2N_ACL_USER | I2N_ACL_GROUP) && !(seen & I2N_ACL_MASK))
		return false;
	return (seen & (I2N_ACL_USER_OBJ | I2N_ACL_GROUP_OBJ | I2N_ACL_OTHER)) ==
	       (I2N_ACL_USER_OBJ | I2N_ACL_GROUP_OBJ | I2N_ACL_OTHER);
}

/* Owner, group, mask, other: does the mask say nothing? */
static void drop_idle_mask(struct i2n_acl_list *l)
{
	if (l->n != 4 || l->aces[2].tag != I2N_ACL_MASK || l->aces[2].perm != l->aces[1].perm)
		return;
	l->aces[2] = l->aces[3];
	l->n = 3;
}

bool i2n_acl_take(const struct i2n_ace *aces, size_t n, struct i2n_acl_list *ret)
{
	*ret = (struct i2n_acl_list){ NULL, 0 };
	if (!n)
		return true;
	if (n > I2N_ACL_MAX)
		return false;
	ret->aces = malloc(n * sizeof(*ret->aces));
	if (!ret->aces)
		return false;
	memcpy(ret->aces, aces, n * sizeof(*ret->aces));
	ret->n = (unsigned)n;
	for (unsigned i = 0; i < ret->n; i++)
		if (!has_id(ret->aces[i].tag))
			ret->aces[i].id = 0;
	qsort(ret->aces, ret->n, sizeof(*ret->aces), by_tag);
	if (!is_valid(ret)) {
		free(ret->aces);
		*ret = (struct i2n_acl_list){ NULL, 0 };
		return false;
	}
	drop_idle_mask(ret);
	return true;
}

bool i2n_acl_parse(const void *value, size_t len, struct i2n_acl_list *ret)
{
	const unsigned char *v = value;
	size_t n = len < XATTR_HEADER ? 0 : (len - XATTR_HEADER) / XATTR_ENTRY;
	struct i2n_ace *aces;
	bool ok;

	*ret = (struct i2n_acl_list){ NULL, 0 };
	if (len < XATTR_HEADER || (len - XATTR_HEADER) % XATTR_ENTRY || n > I2N_ACL_MAX ||
	    i2n_le32(v) != XATTR_VERSION)
		return false;
	if (!n)
		return true;
	aces = malloc(n * sizeof(*aces));
	if (!aces)
		return false;
	for (size_t i = 0; i < n; i++) {
		const unsigned char *e = v + XATTR_HEADER + i * XATTR_ENTRY;

		aces[i] = (struct i2n_ace){ i2n_le16(e), i2n_le16(e + 2), i2n_le32(e + 4) };
	}
	ok = i2n_acl_take(aces, n, ret);
	free(aces);
	return ok;
}

bool i2n_acl_from_mode(unsigned mode, struct i2n_acl_list *ret)
{
	const struct i2n_ace aces[3] = {
		{ .tag = I2N_ACL_USER_OBJ, .perm = mode >> 6 & 7 },
		{ .tag = I2N_ACL_GROUP_OBJ, .perm = mode >> 3 & 7 },
		{ .tag = I2N_ACL_OTHER, .perm = mode & 7 },
	};

	return i2n_acl_take(aces, 3, ret);
}

bool i2n_acl_is_equal(const struct i2n_acl_list *a, const struct i2n_acl_list *b)
{
	if (a->n != b->n)
		return false;
	for (unsigned i = 0; i < a->n; i++)
		if (by_tag(&a->aces[i], &b->aces[i]) || a->aces[i].perm != b->aces[i].perm)
			return false;
	return true;
}

void i2n_acl_release(struct i2n_acl *acl)
{
	free(acl->access.aces);
	free(acl->dflt.aces);
	*acl = (struct i2n_acl){ { NULL, 0 }, { NULL, 0 } };
}
