#include "edits.h"

#include "img2nfs/name.h"

#include <stdlib.h>
#include <string.h>

#define TYPE_AND_MODE 0177777u

static int cannot(const char *path, const char *why, struct i2n_err *err)
{
	char q[300];

	return i2n_fail(err, I2N_BADNODE, I2N_DOM_IMAGE, 0, "cannot edit %s: %s",
			i2n_quote(q, sizeof(q), path, strlen(path)), why);
}

/* An error of the reader gets the path in front. */
static int cannot_read(const char *path, int rc, struct i2n_err *err)
{
	char q[300];

	i2n_err_wrap(err, "cannot edit %s", i2n_quote(q, sizeof(q), path, strlen(path)));
	return rc;
}

int i2n_edits_new(const struct i2n_tree *tree, struct i2n_reader *reader, struct i2n_edits **ret,
		  struct i2n_err *err)
{
	struct i2n_edits *e = calloc(1, sizeof(*e));

	if (!e)
		return i2n_err_nomem(err);
	e->tree = tree;
	e->n_inodes = e->cap_inodes = tree->n_inodes;
	e->inodes = malloc((size_t)tree->n_inodes * sizeof(*e->inodes));
	if (!e->inodes) {
		free(e);
		return i2n_err_nomem(err);
	}
	memcpy(e->inodes, tree->inodes, (size_t)tree->n_inodes * sizeof(*e->inodes));
	edit_reader_init(&e->reader, tree, reader);
	*ret = e;
	return I2N_OK;
}

void i2n_edits_free(struct i2n_edits *e)
{
	if (!e)
		return;
	for (size_t i = 0; i < e->n_changes; i++) {
		free((char *)(uintptr_t)e->changes[i].path);
		free(e->changes[i].before.bytes);
	}
	free(e->changes);
	free(e->inodes);
	free(e->added);
	free(e->gone);
	edit_reader_release(&e->reader);
	free(e);
}

struct i2n_reader *i2n_edits_reader(struct i2n_edits *e)
{
	return &e->reader.base;
}

const struct i2n_edit_change *i2n_edits_changes(const struct i2n_edits *e, size_t *ret_n)
{
	*ret_n = e->n_changes;
	return e->changes;
}

/* --- looking --- */

const struct i2n_inode *i2n_edits_at(struct i2n_edits *e, const char *path, bool follow)
{
	struct edit_at at;

	(void)edit_walk(e, path, follow, &at, NULL);	/* whatever the reason, it is not there */
	free(at.rest);
	return at.inode == I2N_NONE ? NULL : &e->inodes[at.inode];
}

int i2n_edits_read(struct i2n_edits *e, const char *path, struct i2n_text *ret,
		   struct i2n_err *err)
{
	struct edit_at at;
	int rc = edit_walk(e, path, true, &at, err);

	free(at.rest);
	if (rc == I2N_BADNODE)
		return at.is_loop ? cannot(path, at.why, err) : I2N_END;
	if (rc)
		return rc;
	if (i2n_inode_type(&e->inodes[at.inode]) != I2N_S_IFREG)
		return cannot(path, "it is no regular file", err);
	rc = edit_content(e, &e->inodes[at.inode], ret, err);
	return rc ? cannot_read(path, rc, err) : I2N_OK;
}

int i2n_edits_readlink(struct i2n_edits *e, const char *path, struct i2n_text *ret,
		       struct i2n_err *err)
{
	struct edit_at at;
	int rc = edit_walk(e, path, false, &at, err);

	free(at.rest);
	if (rc == I2N_BADNODE)
		return I2N_END;
	if (rc)
		return rc;
	if (i2n_inode_type(&e->inodes[at.inode]) != I2N_S_IFLNK)
		return I2N_END;
	rc = edit_content(e, &e->inodes[at.inode], ret, err);
	return rc ? cannot_read(path, rc, err) : I2N_OK;
}

static int tell_name(const struct i2n_edits *e, uint32_t name, i2n_edits_name_fn *fn, void *ctx)
{
	char copy[I2N_NAME_MAX + 1];
	const unsigned char *bytes;
	size_t len;

	bytes = edit_name_bytes(e, name, &len);
	memcpy(copy, bytes, len);
	copy[len] = '\0';
	return fn(ctx, copy, len, &e->inodes[edit_name_inode(e, name)]);
}

int i2n_edits_each(struct i2n_edits *e, const char *dir, i2n_edits_name_fn *fn, void *ctx,
		   struct i2n_err *err)
{
	struct edit_dir d;
	struct edit_at at;
	uint32_t name;
	int rc = edit_walk(e, dir, true, &at, err);

	free(at.rest);
	if (rc == I2N_END || rc == I2N_BADNODE)
		return I2N_OK;
	if (rc || i2n_inode_type(&e->inodes[at.inode]) != I2N_S_IFDIR)
		return rc;
	edit_dir_init(&d, e, at.inode);
	while (rc == I2N_OK && (name = edit_dir_next(&d)) != I2N_NONE)
		rc = tell_name(e, name, fn, ctx);
	return rc;
}

/* --- changing --- */

/* A new inode, as one of root's with the times of directory dir. */
static int new_inode(struct i2n_edits *e, uint32_t dir, unsigned mode, uint32_t *ret,
		     struct i2n_err *err)
{
	size_t cap = e->cap_inodes;
	struct i2n_inode *grown = e->n_inodes < I2N_NONE - 1 ?
		edit_grow(e->inodes, e->n_inodes, &cap, sizeof(*grown)) : NULL;

	if (!grown)
		return i2n_err_nomem(err);
	e->inodes = grown;
	e->cap_inodes = cap < I2N_NONE ? (uint32_t)cap : I2N_NONE;
	e->inodes[e->n_inodes] = (struct i2n_inode){
		.mtime = e->inodes[dir].mtime, .atime = e->inodes[dir].atime,
		.first_dirent = I2N_NONE, .mode = (uint16_t)mode, .nlink = 1,
	};
	*ret = e->n_inodes++;
	return I2N_OK;
}

/* What is behind an inode that is no directory, for the record; without bytes where it has none, or
 * they cannot be read. */
static int record_before(struct i2n_edits *e, uint32_t inode, struct i2n_edit_change *c,
			 struct i2n_err *err)
{
	unsigned type = i2n_inode_type(&e->inodes[inode]);
	int rc;

	c->before_mode = e->inodes[inode].mode & TYPE_AND_MODE;
	if (type != I2N_S_IFREG && type != I2N_S_IFLNK)
		return I2N_OK;
	rc = edit_content(e, &e->inodes[inode], &c->before, err);
	return rc == I2N_BADNODE ? I2N_OK : rc;
}

/* Add to the changes what is now (or was until now) at this name. c->before becomes its. */
static int record(struct i2n_edits *e, uint32_t name, struct i2n_edit_change *c,
		  struct i2n_err *err)
{
	struct i2n_edit_change *grown =
		edit_grow(e->changes, e->n_changes, &e->cap_changes, sizeof(*grown));

	if (grown)
		e->changes = grown;
	c->path = grown ? edit_path(e, name, &c->path_len) : NULL;
	if (!c->path)
		return i2n_err_nomem(err);
	e->changes[e->n_changes++] = *c;
	return I2N_OK;
}

/* Give inode this content. */
static int set_content(struct i2n_edits *e, uint32_t inode, const void *bytes, size_t len,
		       struct i2n_edit_change *c, struct i2n_err *err)
{
	struct i2n_inode *in = &e->inodes[inode];
	uint64_t data;

	if (edit_reader_add(&e->reader, bytes, len, &data, err))
		return I2N_FATAL;
	in->data = data;
	in->size = len;
	in->flags = (uint16_t)((in->flags & (I2N_INODE_XATTR | I2N_INODE_ACL | I2N_INODE_CHATTR)) |
			       I2N_INODE_MEMORY);
	c->after = e->reader.texts[e->reader.n_texts - 1];
	c->after_mode = in->mode & TYPE_AND_MODE;
	return I2N_OK;
}

/* The name gets an inode of its own, so that the other names of its inode keep what they have. */
static int split_link(struct i2n_edits *e, uint32_t *name, uint32_t *inode, struct i2n_err *err)
{
	uint32_t dir = edit_name_parent(e, *name), own;
	const unsigned char *bytes;
	unsigned char copy[I2N_NAME_MAX];
	size_t len;

	bytes = edit_name_bytes(e, *name, &len);
	memcpy(copy, bytes, len);
	if (new_inode(e, dir, 0, &own, err))
		return I2N_FATAL;
	e->inodes[own] = e->inodes[*inode];
	e->inodes[own].links = 0;
	e->inodes[own].nlink = 1;
	if (edit_remove_name(e, *name, err) ||
	    edit_add_name(e, dir, copy, len, own, name, err))
		return I2N_FATAL;
	*inode = own;
	return I2N_OK;
}

static int make_dir(struct i2n_edits *e, uint32_t dir, const char *name, size_t len,
		    uint32_t *ret, struct i2n_err *err)
{
	uint32_t at;

	if (new_inode(e, dir, I2N_S_IFDIR | 0755, ret, err))
		return I2N_FATAL;
	e->inodes[*ret].nlink = 2;
	if (e->inodes[dir].nlink > 1 && e->inodes[dir].nlink < UINT16_MAX)
		e->inodes[dir].nlink++;
	return edit_add_name(e, dir, name, len, *ret, &at, err);
}

static bool is_name(const char *p, size_t n)
{
	return n && n <= I2N_NAME_MAX && !(n == 1 && p[0] == '.') &&
	       !(n == 2 && !memcmp(p, "..", 2));
}

/* A path whose missing part is not made of plain names is refused before anything is made. */
static bool are_names(const char *rest)
{
	while (*(rest += strspn(rest, "/"))) {
		size_t n = strcspn(rest, "/");

		if (!is_name(rest, n))
			return false;
		rest += n;
	}
	return true;
}

/* Make the missing directories, and an inode of this mode under the last name. */
static int make(struct i2n_edits *e, const struct edit_at *at, const char *path, unsigned mode,
		uint32_t *ret_name, uint32_t *ret_inode, struct i2n_err *err)
{
	const char *p = at->rest;
	uint32_t dir = at->dir;
	size_t n;

	if (!are_names(p) || path[strlen(path) - 1] == '/')
		return cannot(path, "this is no name", err);
	for (n = strcspn(p, "/"); p[n]; p += n + strspn(p + n, "/"), n = strcspn(p, "/"))
		if (make_dir(e, dir, p, n, &dir, err))
			return I2N_FATAL;
	if (new_inode(e, dir, mode, ret_inode, err))
		return I2N_FATAL;
	return edit_add_name(e, dir, p, n, *ret_inode, ret_name, err);
}

static int create(struct i2n_edits *e, const struct edit_at *at, const char *path, unsigned mode,
		  const void *bytes, size_t len, struct i2n_edit_change *c, struct i2n_err *err)
{
	uint32_t name, inode;
	int rc = make(e, at, path, mode, &name, &inode, err);

	if (rc)
		return rc;
	if (set_content(e, inode, bytes, len, c, err))
		return I2N_FATAL;
	return record(e, name, c, err);
}

static int replace(struct i2n_edits *e, struct edit_at *at, const void *bytes, size_t len,
		   struct i2n_edit_change *c, struct i2n_err *err)
{
	if (e->inodes[at->inode].links > 1 &&
	    split_link(e, &at->name, &at->inode, err))
		return I2N_FATAL;
	if (set_content(e, at->inode, bytes, len, c, err))
		return I2N_FATAL;
	return record(e, at->name, c, err);
}

static bool is_text(const struct i2n_text *t, const void *bytes, size_t len)
{
	return t->bytes && t->len == len && !memcmp(t->bytes, bytes, len);
}

int i2n_edits_write(struct i2n_edits *e, const struct i2n_edit_what *what, const char *path,
		    const void *bytes, size_t len, unsigned mode, struct i2n_err *err)
{
	struct i2n_edit_change c = { .what = *what };
	struct edit_at at;
	int rc = edit_walk(e, path, true, &at, err);

	if (rc == I2N_BADNODE)
		return cannot(path, at.why, err);
	if (rc == I2N_END) {
		rc = create(e, &at, path, I2N_S_IFREG | (mode & 07777), bytes, len, &c, err);
		free(at.rest);
		return rc;
	}
	if (rc)
		return rc;
	if (i2n_inode_type(&e->inodes[at.inode]) != I2N_S_IFREG)
		return cannot(path, "it is no regular file", err);
	rc = edit_content(e, &e->inodes[at.inode], &c.before, err);
	if (rc)
		return cannot_read(path, rc, err);
	c.before_mode = e->inodes[at.inode].mode & TYPE_AND_MODE;
	if (is_text(&c.before, bytes, len)) {
		free(c.before.bytes);
		return I2N_OK;
	}
	rc = replace(e, &at, bytes, len, &c, err);
	if (rc)
		free(c.before.bytes);
	return rc;
}

/* What is at the name, which is no directory, makes room for a symlink of that name. */
static int become_link(struct i2n_edits *e, const struct edit_at *at, const char *target,
		       struct i2n_edit_change *c, struct i2n_err *err)
{
	const unsigned char *bytes;
	unsigned char copy[I2N_NAME_MAX];
	uint32_t name, inode;
	size_t len;

	bytes = edit_name_bytes(e, at->name, &len);
	memcpy(copy, bytes, len);
	if (new_inode(e, at->dir, I2N_S_IFLNK | 0777, &inode, err) ||
	    edit_remove_name(e, at->name, err) ||
	    edit_add_name(e, at->dir, copy, len, inode, &name, err) ||
	    set_content(e, inode, target, strlen(target), c, err))
		return I2N_FATAL;
	return record(e, name, c, err);
}

int i2n_edits_symlink(struct i2n_edits *e, const struct i2n_edit_what *what, const char *path,
		      const char *target, struct i2n_err *err)
{
	struct i2n_edit_change c = { .what = *what };
	size_t len = strlen(target);
	struct edit_at at;
	int rc = edit_walk(e, path, false, &at, err);

	if (rc == I2N_BADNODE)
		return cannot(path, at.why, err);
	if (rc == I2N_END) {
		rc = create(e, &at, path, I2N_S_IFLNK | 0777, target, len, &c, err);
		free(at.rest);
		return rc;
	}
	if (rc)
		return rc;
	if (at.name == I2N_NONE || i2n_inode_type(&e->inodes[at.inode]) == I2N_S_IFDIR)
		return cannot(path, "it is a directory", err);
	if (record_before(e, at.inode, &c, err))
		return I2N_FATAL;
	if (i2n_inode_type(&e->inodes[at.inode]) == I2N_S_IFLNK &&
	    is_text(&c.before, target, len)) {
		free(c.before.bytes);
		return I2N_OK;
	}
	rc = become_link(e, &at, target, &c, err);
	if (rc)
		free(c.before.bytes);
	return rc;
}

int i2n_edits_remove(struct i2n_edits *e, const struct i2n_edit_what *what, const char *path,
		     struct i2n_err *err)
{
	struct i2n_edit_change c = { .what = *what };
	struct edit_at at;
	int rc = edit_walk(e, path, false, &at, err);

	free(at.rest);
	if (rc == I2N_END || rc == I2N_BADNODE)
		return I2N_OK;
	if (rc)
		return rc;
	if (at.name == I2N_NONE || i2n_inode_type(&e->inodes[at.inode]) == I2N_S_IFDIR)
		return cannot(path, "it is a directory", err);
	rc = record_before(e, at.inode, &c, err);
	if (rc == I2N_OK)
		rc = record(e, at.name, &c, err);
	if (rc) {
		free(c.before.bytes);
		return rc;
	}
	return edit_remove_name(e, at.name, err);
}
