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

static char *escaped(const void *name, size_t len)
{
	size_t cap = 4 * len + 8;
	char *buf = malloc(cap);

	if (buf)
		(void)i2n_escape(buf, cap, name, len);
	return buf;
}

static char *escaped_path(const struct i2n_tree *t, uint32_t dirent)
{
	size_t len = 0;
	char *path = i2n_tree_path(t, dirent, &len), *text = path ? escaped(path, len) : NULL;

	free(path);
	return text;
}

/* main() finds failed writes, here and below */
static int print_item(const struct i2n_survey *s, uint32_t dirent)
{
	const struct i2n_tree *t = s->tree;
	uint32_t at = dirent == I2N_NONE ? t->n_dirents : dirent;
	const struct i2n_inode *in =
		&t->inodes[dirent == I2N_NONE ? t->root : t->dirents[dirent].inode];
	bool is_link = dirent != I2N_NONE && in->first_dirent != dirent;
	char item[ITEM_LEN + 1], *path, *target = NULL;

	item_text(in, is_link, (enum i2n_have_verdict)s->have.verdicts[at], s->differs[at], item);
	if (!item[0])
		return I2N_OK;
	path = escaped_path(t, dirent);
	if (is_link)
		target = escaped_path(t, in->first_dirent);
	if (!path || (is_link && !target)) {
		free(path);
		free(target);
		return I2N_FATAL;
	}
	(void)printf("%s %s%s%s%s\n", item, path, i2n_inode_type(in) == I2N_S_IFDIR ? "/" : "",
		     is_link ? " => " : "", is_link ? target : "");
	free(path);
	free(target);
	return I2N_OK;
}

static int print_deletion(const struct i2n_survey *s, const struct i2n_extra *x,
			  const struct i2n_survey_opts *opts)
{
	size_t len = 0;
	char *dir = i2n_tree_path(s->tree, s->tree->inodes[x->dir].first_dirent,
				  &len), *path, *text = NULL;
	bool top = x->dir == s->tree->root;
	size_t skip = top ? 0 : len + 1;

	path = dir ? malloc(skip + x->name_len + 1) : NULL;
	if (path) {
		if (!top) {
			memcpy(path, dir, len);
			path[len] = '/';
		}
		memcpy(path + skip, x->name, x->name_len);
		text = escaped(path, skip + x->name_len);
	}
	if (text && !(opts->is_protected &&
		      opts->is_protected(opts->protect_ctx, path, skip + x->name_len)))
		(void)printf("*deleting   %s%s\n", text, x->is_dir ? "/" : "");
	free(dir);
	free(path);
	free(text);
	return text ? I2N_OK : I2N_FATAL;
}

int itemise(const struct i2n_survey *s, bool deleting, const struct i2n_survey_opts *opts,
	    struct i2n_err *err)
{
	int rc = print_item(s, I2N_NONE);

	for (uint32_t d = 0; !rc && d < s->tree->n_dirents; d++)
		rc = print_item(s, d);
	for (size_t i = 0; !rc && i < s->n_extras; i++)
		if (s->extras[i].name && (s->extras[i].kind == I2N_EXTRA_LEFTOVER ||
					  (deleting && s->extras[i].kind == I2N_EXTRA)))
			rc = print_deletion(s, &s->extras[i], opts);
	return rc ? i2n_err_nomem(err) : I2N_OK;
}
