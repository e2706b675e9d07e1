#include "checked.h"
#include "ext4.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Extended attributes. Source: Documentation/filesystems/ext4/attributes.rst; checks as the
 * kernel's check_xattrs(). */

#define VALUE_MAX (1u << 24)	/* kernel: EXT4_XATTR_SIZE_MAX */
#define FULL_NAME_MAX 300	/* longest prefix and 255 bytes */

void ext4_xattr_walk_body(struct xattr_walk *w, const unsigned char *body, size_t len)
{
	*w = (struct xattr_walk){ .base = body + XI_HEADER, .end = body + len, .in_inode = true };
	w->at = w->base;
}

void ext4_xattr_walk_block(struct xattr_walk *w, const unsigned char *block, size_t len)
{
	*w = (struct xattr_walk){ .base = block, .end = block + len, .at = block + XB_HEADER };
}

int ext4_xattr_next(struct xattr_walk *w, struct xattr_entry *ret)
{
	size_t room = (size_t)(w->end - w->at), len;
	uint32_t offs;

	if (room < 4)
		return I2N_BADNODE;
	if (!i2n_le32(w->at))
		return I2N_END;
	if (room < XE_NAME)
		return I2N_BADNODE;
	*ret = (struct xattr_entry){
		.index = w->at[XE_NAME_INDEX],
		.name_len = w->at[XE_NAME_LEN],
		.name = w->at + XE_NAME,
		.value_inum = i2n_le32(w->at + XE_VALUE_INUM),
		.value_size = i2n_le32(w->at + XE_VALUE_SIZE),
		.hash = i2n_le32(w->at + XE_HASH),
	};
	len = (XE_NAME + (size_t)ret->name_len + 3) & ~(size_t)3;
	offs = i2n_le16(w->at + XE_VALUE_OFFS);
	if (len > room || memchr(ret->name, 0, ret->name_len) || ret->value_size > VALUE_MAX)
		return I2N_BADNODE;
	if (!ret->value_inum) {
		if (!i2n_range_ok(offs, ret->value_size, (uint64_t)(w->end - w->base)))
			return I2N_BADNODE;
		ret->value = w->base + offs;
	}
	w->at += len;
	return I2N_OK;
}

enum damage ext4_xattr_check_block(const struct i2n_fs *fs, uint64_t blk, const unsigned char *data)
{
	static const unsigned char zero[4];
	unsigned char n[8];
	uint32_t c;
	unsigned i;

	if (i2n_le32(data) != XATTR_MAGIC_VALUE || i2n_le32(data + XB_BLOCKS) != 1)
		return DMG_XATTR_BLOCK;
	if (!fs->csum)
		return DMG_NONE;
	for (i = 0; i < 8; i++)
		n[i] = blk >> 8 * i & 255;
	c = ext2fs_crc32c_le(fs->e2->csum_seed, n, sizeof(n));
	c = ext2fs_crc32c_le(c, data, XB_CHECKSUM);
	c = ext2fs_crc32c_le(c, zero, sizeof(zero));
	c = ext2fs_crc32c_le(c, data + XB_CHECKSUM + 4, fs->sb.block_size - XB_CHECKSUM - 4);
	return c == i2n_le32(data + XB_CHECKSUM) ? DMG_NONE : DMG_XATTR_CHECKSUM;
}

bool ext4_xattr_inline_data(const struct raw_inode *r, const unsigned char **ret, size_t *ret_len)
{
	struct xattr_walk w;
	struct xattr_entry e;

	if (!r->body)
		return false;
	ext4_xattr_walk_body(&w, r->body, r->body_len);
	while (!ext4_xattr_next(&w, &e)) {
		if (e.index != XI_SYSTEM || e.name_len != 4 || memcmp(e.name, "data", 4) ||
		    e.value_inum)
			continue;
		*ret = e.value;
		*ret_len = e.value_size;
		return true;
	}
	return false;
}

static const char *prefix_of(unsigned index)
{
	switch (index) {
	case XI_USER:
		return "user.";
	case XI_ACL_ACCESS:
		return "system.posix_acl_access";
	case XI_ACL_DEFAULT:
		return "system.posix_acl_default";
	case XI_TRUSTED:
		return "trusted.";
	case XI_SECURITY:
		return "security.";
	case XI_HURD:
		return "gnu.";
	default:	/* inline data, encryption context: the kernel does not list them either */
		return NULL;
	}
}

/* A large value lies in an inode of its own. Caller frees. */
static int read_value_inode(struct i2n_fs *fs, const struct xattr_entry *e, void **ret,
			    struct i2n_err *err)
{
	unsigned char *buf;
	struct raw_inode r;
	struct ext4_run run;
	struct ext4_map m;
	int rc;

	rc = ext4_inode_read(fs, e->value_inum, &r, err);
	if (rc)
		return rc;
	if (!(r.flags & I_FL_EA_INODE) || r.size != e->value_size || raw_type(&r) != I2N_S_IFREG ||
	    r.flags & I_FL_INLINE_DATA)
		return i2n_fail(err, I2N_BADNODE, I2N_DOM_IMAGE, 0,
				"inode %u does not hold an attribute value", r.ino);
	buf = calloc(1, (size_t)r.size + fs->sb.block_size);
	if (!buf)
		return i2n_err_nomem(err);
	ext4_map_init(&m, fs, &r);
	while (!(rc = ext4_map_next(&m, &run, err))) {
		rc = ext4_read_blocks(fs, run.pblk, run.len, buf + (run.lblk << fs->block_bits),
				      err);
		if (rc)
			break;
	}
	ext4_map_release(&m);
	if (rc != I2N_END) {
		free(buf);
		return rc;
	}
	*ret = buf;
	return I2N_OK;
}

struct emit {
	struct i2n_fs *fs;
	i2n_xattr_fn *fn;
	void *ctx;
};

static int emit_value(const struct emit *em, const struct xattr_entry *e, const char *name,
		      const void *value,
		      struct i2n_err *err)
{
	size_t len = e->value_size;
	void *acl;

	if (e->index != XI_ACL_ACCESS && e->index != XI_ACL_DEFAULT) {
		em->fn(em->ctx, name, len ? value : NULL, len);
		return I2N_OK;
	}
	acl = ext4_acl_convert(value, len, &len);
	if (!acl)
		return i2n_fail(err, I2N_BADNODE, I2N_DOM_IMAGE, 0,
				"the attribute '%s' is not an ACL", name);
	em->fn(em->ctx, name, acl, len);
	free(acl);
	return I2N_OK;
}

static int emit_entry(const struct emit *em, const struct xattr_entry *e, struct i2n_err *err)
{
	const char *prefix = prefix_of(e->index);
	char name[FULL_NAME_MAX];
	void *value = NULL;
	int rc;

	if (!prefix)
		return I2N_OK;
	/* fits */
	(void)snprintf(name, sizeof(name), "%s%.*s", prefix, (int)e->name_len,
		       (const char *)e->name);
	if (!e->value_inum)
		return emit_value(em, e, name, e->value, err);
	rc = read_value_inode(em->fs, e, &value, err);
	if (!rc)
		rc = emit_value(em, e, name, value, err);
	free(value);
	return rc;
}

static int emit_all(const struct emit *em, struct xattr_walk *w, uint32_t ino, struct i2n_err *err)
{
	struct xattr_entry e;
	int rc, all = I2N_OK;

	while (!(rc = ext4_xattr_next(w, &e))) {
		rc = emit_entry(em, &e, all ? NULL : err);
		if (rc == I2N_FATAL)
			return rc;
		if (rc)
			all = rc;	/* one bad value does not cost the others */
	}
	if (rc != I2N_END && !all)
		all = ext4_bad_inode(ino, w->in_inode ? DMG_XATTR_BODY : DMG_XATTR_BLOCK, err);
	return all;
}

static int emit_block(const struct emit *em, const struct raw_inode *r, struct i2n_err *err)
{
	struct i2n_fs *fs = em->fs;
	unsigned char *buf = malloc(fs->sb.block_size);
	struct xattr_walk w;
	enum damage d;
	int rc;

	if (!buf)
		return i2n_err_nomem(err);
	rc = ext4_read_blocks(fs, r->file_acl, 1, buf, err);
	if (!rc) {
		d = ext4_xattr_check_block(fs, r->file_acl, buf);
		ext4_xattr_walk_block(&w, buf, fs->sb.block_size);
		rc = d ? ext4_bad_inode(r->ino, d, err) : emit_all(em, &w, r->ino, err);
	}
	free(buf);
	return rc;
}

static int emit_body(const struct emit *em, const struct raw_inode *r, struct i2n_err *err)
{
	unsigned char *body = malloc(r->body_len);	/* a value inode may replace the cache that
							 * it lies in */
	struct xattr_walk w;
	int rc;

	if (!body)
		return i2n_err_nomem(err);
	memcpy(body, r->body, r->body_len);
	ext4_xattr_walk_body(&w, body, r->body_len);
	rc = emit_all(em, &w, r->ino, err);
	free(body);
	return rc;
}

int i2n_fs_xattrs(struct i2n_fs *fs, const struct i2n_inode *in, i2n_xattr_fn *fn, void *ctx,
		  struct i2n_err *err)
{
	const struct emit em = { fs, fn, ctx };
	struct raw_inode r;
	int rc, rc2 = I2N_OK;

	rc = ext4_inode_read(fs, in->ino, &r, err);
	if (rc)
		return rc;
	if (r.body)
		rc = emit_body(&em, &r, err);
	if (rc != I2N_FATAL && r.file_acl)
		rc2 = emit_block(&em, &r, rc ? NULL : err);
	return rc ? rc : rc2;
}
