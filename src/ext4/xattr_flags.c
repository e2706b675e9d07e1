#include "checked.h"
#include "ext4.h"

#include <stdlib.h>
#include <string.h>

/* Which kinds of extended attributes are there: all that the tree needs to know. */

static bool is_capability(const struct xattr_entry *e)
{
	static const char name[] = "capability";

	return e->index == XI_SECURITY && e->name_len == sizeof(name) - 1 && !memcmp(e->name, name,
										     e->name_len);
}

static uint16_t flag_of(const struct xattr_entry *e)
{
	switch (e->index) {
	case XI_ACL_ACCESS:
	case XI_ACL_DEFAULT:
		return I2N_INODE_ACL;
	case XI_SECURITY:
		return is_capability(e) ? I2N_INODE_CAPS : I2N_INODE_XATTR;
	case XI_USER:
	case XI_TRUSTED:
	case XI_HURD:
		return I2N_INODE_XATTR;
	default:	/* inline data, encryption context: not attributes to anybody outside */
		return 0;
	}
}

uint16_t ext4_xattr_flags(struct xattr_walk *w, enum damage *ret_damage)
{
	struct xattr_entry e;
	uint16_t flags = 0;
	int rc;

	while (!(rc = ext4_xattr_next(w, &e)))
		flags |= flag_of(&e);
	if (rc != I2N_END)
		*ret_damage = w->in_inode ? DMG_XATTR_BODY : DMG_XATTR_BLOCK;
	return flags;
}

static int on_block(struct load *l, const struct load_block *b, const unsigned char *data,
		    struct i2n_err *err)
{
	enum damage d = ext4_xattr_check_block(l->fs, b->blk, data);
	uint32_t idx = ext4_load_find(l, b->ino);
	struct xattr_walk w;

	if (!d) {
		ext4_xattr_walk_block(&w, data, l->fs->sb.block_size);
		l->inodes[idx].flags |= ext4_xattr_flags(&w, &d);
	}
	return d ? ext4_load_damage(l, b->ino, d, 0, NULL, 0, err) : I2N_OK;
}

int ext4_load_xattr_blocks(struct load *l, struct i2n_err *err)
{
	int rc = ext4_sweep(l, l->xattr_blocks, l->n_xattr_blocks, on_block, err);

	free(l->xattr_blocks);
	l->xattr_blocks = NULL;
	l->n_xattr_blocks = l->cap_xattr_blocks = 0;
	return rc;
}
