#include "itemise.h"

#include "img2nfs/name.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char type_letter(const struct i2n_inode *in)
{
	switch (i2n_inode_type(in)) {
	case I2N_S_IFREG:
		return 'f';
	case I2N_S_IFDIR:
		return 'd';
	case I2N_S_IFLNK:
		return 'L';
	case I2N_S_IFCHR:
	case I2N_S_IFBLK:
		return 'D';
	default:
		return 'S';
	}
}

static char how_letter(const struct i2n_inode *in, bool is_link, enum i2n_have_verdict verdict)
{
	if (verdict == I2N_HAVE_ATTRS)
		return '.';
	if (is_link)
		return 'h';
	return i2n_inode_type(in) == I2N_S_IFREG ? '>' : 'c';
}

const char *item_text(const struct i2n_inode *in, bool is_link, enum i2n_have_verdict verdict,
		      unsigned differs,
		      char buf[ITEM_LEN + 1])
{
	static const struct {
		unsigned bit;
		char letter;
	} columns[] = {
		{ I2N_DIFFER_CONTENT | I2N_DIFFER_TYPE | I2N_DIFFER_LINK, 'c' },
		{ I2N_DIFFER_SIZE, 's' },
		{ I2N_DIFFER_MTIME, 't' },
		{ I2N_DIFFER_MODE, 'p' },
		{ I2N_DIFFER_UID, 'o' },
		{ I2N_DIFFER_GID, 'g' },
		{ 0, 'u' },
		{ I2N_DIFFER_ACL, 'a' },
	};

	buf[0] = '\0';
	if (verdict == I2N_HAVE_EQUAL || verdict == I2N_HAVE_PROTECTED)
		return buf;
	buf[0] = how_letter(in, is_link, verdict);
	buf[1] = type_letter(in);
	memset(buf + 2, verdict == I2N_HAVE_NOTHING ? '+' : '.', ITEM_LEN - 2);
	buf[ITEM_LEN] = '\0';
	if (verdict == I2N_HAVE_NOTHING || verdict == I2N_HAVE_BLOCKED)
		return buf;
	for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++)
		if (differs & columns[i].bit)
			buf[2 + i] = columns[i].letter;
	return buf;
}

/* One change. other: where a hard link or a symlink leads, NULL = nowhere. */
struct change {
	const char *item, *path, *other;
	size_t path_len, other_len;
	bool is_dir, is_link;
};

static char *escaped(const char *name, size_t len)
{
	size_t cap = 4 * len + 8;
	char *buf = malloc(cap);

	if (buf)
		(void)i2n_escape(buf, cap, name, len);
	return buf;
}

static int put_line(const struct change *c)
{
	char *path = escaped(c->path, c->path_len);
	char *other = c->other ? escaped(c->other, c->other_len) : NULL;
	bool ok = path && (other || !c->other);

	if (ok)	/* main() finds failed writes */
		(void)printf("%-*s %s%s%s%s\n", ITEM_LEN, c->item, path, c->is_dir ? "/" : "",
			     !other ? "" : c->is_link ? " => " : " -> ", other ? other : "");
	free(path);
	free(other);
	return ok ? I2N_OK : I2N_FATAL;
}

static void put_json(struct json *j, const struct change *c)
{
	json_object(j, NULL);
	json_str(j, "item", c->item);
	json_bytes(j, "path", c->path, c->path_len);
	if (c->other)
		json_bytes(j, c->is_link ? "link" : "target", c->other, c->other_len);
	json_end(j);
}

static int put(const struct itemise *it, const struct change *c, struct i2n_err *err)
{
	if (it->json)
		put_json(it->json, c);
	return it->lines && put_line(c) ? i2n_err_nomem(err) : I2N_OK;
}

/* The target of a symlink; an unreadable one costs the arrow, and is told when the tree is
 * stored. */
static int read_target(const struct itemise *it, const struct i2n_inode *in, char **ret,
		       struct i2n_err *err)
{
	size_t len = (size_t)in->size;
	char *buf = malloc(len + 1);
	int rc;

	if (!buf)
		return i2n_err_nomem(err);
	rc = it->reader->ops->readlink(it->reader, in, buf, len, err);
	if (rc != I2N_OK) {
		free(buf);
		return rc == I2N_BADNODE ? I2N_OK : rc;
	}
	*ret = buf;
	return I2N_OK;
}

static int find_other(const struct itemise *it, const struct i2n_inode *in, struct change *c,
		      char **ret, struct i2n_err *err)
{
	int rc = I2N_OK;

	*ret = NULL;
	if (c->is_link) {
		*ret = i2n_tree_path(it->survey->tree, in->first_dirent, &c->other_len);
		rc = *ret ? I2N_OK : i2n_err_nomem(err);
	} else if (i2n_inode_type(in) == I2N_S_IFLNK) {
		c->other_len = (size_t)in->size;
		rc = read_target(it, in, ret, err);
	}
	c->other = *ret;
	return rc;
}

static int put_dirent(const struct itemise *it, uint32_t dirent, struct i2n_err *err)
{
	const struct i2n_survey *s = it->survey;
	const struct i2n_tree *t = s->tree;
	uint32_t at = dirent == I2N_NONE ? t->n_dirents : dirent;
	const struct i2n_inode *in =
		&t->inodes[dirent == I2N_NONE ? t->root : t->dirents[dirent].inode];
	struct change c = { .is_link = dirent != I2N_NONE && in->first_dirent != dirent,
			    .is_dir = i2n_inode_type(in) == I2N_S_IFDIR };
	char item[ITEM_LEN + 1], *path, *other = NULL;
	int rc;

	c.item = item_text(in, c.is_link, (enum i2n_have_verdict)s->have.verdicts[at],
			   s->differs[at], item);
	if (!item[0])
		return I2N_OK;
	path = i2n_tree_path(t, dirent, &c.path_len);
	if (!path)
		return i2n_err_nomem(err);
	c.path = path;
	rc = find_other(it, in, &c, &other, err);
	if (rc == I2N_OK)
		rc = put(it, &c, err);
	free(path);
	free(other);
	return rc;
}

static int put_deletion(const struct itemise *it, const struct i2n_extra *x, struct i2n_err *err)
{
	const struct i2n_tree *t = it->survey->tree;
	struct change c = { .item = "*deleting", .is_dir = x->is_dir };
	size_t len = 0, skip;
	int rc = I2N_OK;
	char *dir = i2n_tree_path(t, t->inodes[x->dir].first_dirent, &len), *path;

	skip = x->dir == t->root ? 0 : len + 1;
	path = dir ? malloc(skip + x->name_len + 1) : NULL;
	if (!path) {
		free(dir);
		return i2n_err_nomem(err);
	}
	if (skip) {
		memcpy(path, dir, len);
		path[len] = '/';
	}
	memcpy(path + skip, x->name, x->name_len);
	c.path = path;
	c.path_len = skip + x->name_len;
	if (!update_is_protected(it->opts, path, c.path_len))
		rc = put(it, &c, err);
	free(dir);
	free(path);
	return rc;
}

static bool is_deleted(const struct itemise *it, const struct i2n_extra *x)
{
	return x->name && (x->kind == I2N_EXTRA_LEFTOVER ||
			   (it->opts->delete_extra && x->kind == I2N_EXTRA));
}

int itemise(const struct itemise *it, struct i2n_err *err)
{
	const struct i2n_survey *s = it->survey;
	int rc;

	if (it->json)
		json_array(it->json, "changes");
	rc = put_dirent(it, I2N_NONE, err);
	for (uint32_t d = 0; !rc && d < s->tree->n_dirents; d++)
		rc = put_dirent(it, d, err);
	for (size_t i = 0; !rc && i < s->n_extras; i++)
		if (is_deleted(it, &s->extras[i]))
			rc = put_deletion(it, &s->extras[i], err);
	if (it->json)
		json_end(it->json);
	return rc;
}
