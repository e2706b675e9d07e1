#include "tar_attrs.h"

#include "checked.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The value of system.posix_acl_*, from Linux include/uapi/linux/posix_acl_xattr.h: le32 version,
 * then le16 tag, le16 permissions, le32 id. */
#define ACL_HEADER 4
#define ACL_ENTRY 8
#define ACL_VERSION 2

/* Where each record begins in bytes that are not sorted yet. */
struct gather {
	const struct i2n_inode *in;
	struct tar_buf raw;
	struct tar_buf starts;		/* of size_t */
	unsigned left_out;
	bool has_bad_acl, has_access, has_default;
};

struct piece {
	const unsigned char *bytes, *key;
	size_t len, key_len;
};

static const char *acl_word(unsigned tag)
{
	switch (tag) {
	case I2N_ACL_USER_OBJ:
	case I2N_ACL_USER:
		return "user";
	case I2N_ACL_GROUP_OBJ:
	case I2N_ACL_GROUP:
		return "group";
	case I2N_ACL_MASK:
		return "mask";
	case I2N_ACL_OTHER:
		return "other";
	default:
		return NULL;
	}
}

/* "user::rwx,user:1000:r-x,group::r-x,mask::r-x,other::---"; entries as they are, because a mask
 * that says nothing is kept by tar. */
static bool acl_text(const unsigned char *v, size_t len, struct tar_buf *ret)
{
	if (len < ACL_HEADER || (len - ACL_HEADER) % ACL_ENTRY || i2n_le32(v) != ACL_VERSION)
		return false;
	for (size_t at = ACL_HEADER; at < len; at += ACL_ENTRY) {
		const unsigned tag = i2n_le16(v + at), perm = i2n_le16(v + at + 2);
		const bool has_id = tag == I2N_ACL_USER || tag == I2N_ACL_GROUP;
		char text[48], id[12] = "";

		if (!acl_word(tag))
			return false;
		/* both fit always */
		if (has_id)
			(void)snprintf(id, sizeof(id), "%" PRIu32, i2n_le32(v + at + 4));
		tar_buf_add(ret, text, (size_t)snprintf(text, sizeof(text), "%s%s:%s:%c%c%c",
							ret->len ? "," : "", acl_word(tag), id,
							perm & 4 ? 'r' : '-', perm & 2 ? 'w' : '-',
							perm & 1 ? 'x' : '-'));
	}
	return true;
}

static void add_record(struct gather *g, const char *key, const void *value, size_t len)
{
	size_t start = g->raw.len;

	if (g->raw.len + len + strlen(key) > TAR_ATTRS_MAX) {
		g->left_out++;
		return;
	}
	tar_record(&g->raw, key, value, len);
	tar_buf_add(&g->starts, &start, sizeof(start));
}

static void add_acl(struct gather *g, const char *key, const void *value, size_t len)
{
	struct tar_buf text = { 0 };

	if (!(g->in->flags & I2N_INODE_ACL))
		return;
	if (!acl_text(value, len, &text))
		g->has_bad_acl = true;
	else if (text.len)	/* an empty one is none */
		add_record(g, key, text.bytes, text.len);
	g->raw.failed |= text.failed;
	tar_buf_release(&text);
}

/* As GNU tar: what ends a keyword is escaped in it. */
static void add_xattr(struct gather *g, const char *name, const void *value, size_t len)
{
	char key[16 + 3 * 300] = "SCHILY.xattr.", *k = key + strlen(key);

	for (; *name && k < key + sizeof(key) - 4; name++) {
		if (*name == '%' || *name == '=')
			k += sprintf(k, "%%%02X", (unsigned)*name);	/* there is room */
		else
			*k++ = *name;
	}
	*k = '\0';
	add_record(g, key, value, len);
}

/* What an edit has taken off the inode is not stored. */
static void on_xattr(void *ctx, const char *name, const void *value, size_t len)
{
	struct gather *g = ctx;
	uint16_t flag = strcmp(name, "security.capability") ? I2N_INODE_XATTR : I2N_INODE_CAPS;

	g->has_access |= !strcmp(name, "system.posix_acl_access");
	g->has_default |= !strcmp(name, "system.posix_acl_default");
	if (!strcmp(name, "system.posix_acl_access"))
		add_acl(g, "SCHILY.acl.access", value, len);
	else if (!strcmp(name, "system.posix_acl_default"))
		add_acl(g, "SCHILY.acl.default", value, len);
	else if (g->in->flags & flag)
		add_xattr(g, name, value, len);
}

/* A default ACL alone makes bsdtar 3.8 set mode 0; GNU tar, too, writes the mode as an ACL beside
 * it. */
static void add_mode_as_acl(struct gather *g)
{
	static const char *const who[] = { "user", "group", "other" };
	char text[64];
	int n = 0;

	if (!g->has_default || g->has_access || !(g->in->flags & I2N_INODE_ACL))
		return;
	for (unsigned i = 0; i < 3; i++) {
		unsigned perm = g->in->mode >> (6 - 3 * i) & 7;

		n += sprintf(text + n, "%s%s::%c%c%c", i ? "," : "", who[i], perm & 4 ? 'r' : '-',
			     perm & 2 ? 'w' : '-', perm & 1 ? 'x' : '-');
	}
	add_record(g, "SCHILY.acl.access", text, (size_t)n);
}

static int by_key(const void *a, const void *b)
{
	const struct piece *x = a, *y = b;
	int c = memcmp(x->key, y->key, x->key_len < y->key_len ? x->key_len : y->key_len);

	return c ? c : (x->key_len > y->key_len) - (x->key_len < y->key_len);
}

/* The order on the medium is nobody's business: equal trees give equal bytes. */
static void put_sorted(const struct gather *g, struct tar_buf *ret)
{
	size_t n = g->starts.len / sizeof(size_t), *starts = (size_t *)(void *)g->starts.bytes;
	struct piece *pieces = malloc((n ? n : 1) * sizeof(*pieces));

	ret->failed |= !pieces;
	for (size_t i = 0; pieces && i < n; i++) {
		struct piece *p = &pieces[i];

		p->bytes = g->raw.bytes + starts[i];
		p->len = (i + 1 < n ? starts[i + 1] : g->raw.len) - starts[i];
		p->key = (const unsigned char *)memchr(p->bytes, ' ', p->len) + 1;
		p->key_len = (size_t)((const unsigned char *)memchr(p->key, '=', p->len) - p->key);
	}
	if (pieces && n)
		qsort(pieces, n, sizeof(*pieces), by_key);
	for (size_t i = 0; pieces && i < n; i++)
		tar_buf_add(ret, pieces[i].bytes, pieces[i].len);
	free(pieces);
}

int tar_attrs_get(struct i2n_reader *r, const struct i2n_inode *in, struct tar_buf *records,
		  unsigned *ret_left_out, struct i2n_err *err)
{
	struct gather g = { .in = in };
	int rc = I2N_OK;

	*ret_left_out = 0;
	if (!r->ops->xattrs || !(in->flags & (I2N_INODE_XATTR | I2N_INODE_ACL | I2N_INODE_CAPS)))
		return I2N_OK;
	rc = r->ops->xattrs(r, in, on_xattr, &g, err);
	add_mode_as_acl(&g);
	if (rc == I2N_OK && g.has_bad_acl)
		rc = i2n_fail(err, I2N_BADNODE, I2N_DOM_IMAGE, 0, "an ACL of inode %" PRIu32
			      " is damaged", in->ino);
	if (rc != I2N_FATAL) {
		records->failed |= g.raw.failed || g.starts.failed;
		if (!records->failed)
			put_sorted(&g, records);
		*ret_left_out = g.left_out;
	}
	if (rc != I2N_FATAL && records->failed)
		rc = i2n_err_nomem(err);
	tar_buf_release(&g.raw);
	tar_buf_release(&g.starts);
	return rc;
}
