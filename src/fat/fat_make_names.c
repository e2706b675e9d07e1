#include "img2nfs/name.h"

#include "fat_make.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LONG_UNITS 13		/* of one entry of a long name */
#define UNITS_MAX 255

/* --- UTF-8 to UTF-16 --- */

/* The length of the character at p, 0: none. */
static size_t utf8_char(const unsigned char *p, size_t left, uint32_t *ret)
{
	size_t n = i2n_utf8_len(p, left);

	*ret = n == 1 ? p[0] : p[0] & (0x7fu >> n);
	for (size_t i = 1; i < n; i++)
		*ret = *ret << 6 | (p[i] & 0x3f);
	return n;
}

size_t make_units(const struct i2n_tree *t, uint32_t dirent, uint16_t *units)
{
	size_t len, n = 0, step;
	const unsigned char *name = i2n_dirent_name(t, &t->dirents[dirent], &len);
	uint32_t c;

	if (name[len - 1] == '.' || name[len - 1] == ' ')
		return 0;
	for (size_t i = 0; i < len; i += step) {
		step = utf8_char(name + i, len - i, &c);
		if (!step || c < ' ' || (c < 0x80 && strchr("\"*:<>?\\|\x7f", (int)c)))
			return 0;
		if (c < 0x10000) {
			units[n++] = (uint16_t)c;
		} else {
			units[n++] = (uint16_t)(0xd800 + ((c - 0x10000) >> 10));
			units[n++] = (uint16_t)(0xdc00 + ((c - 0x10000) & 0x3ff));
		}
	}
	return n;	/* never more than bytes */
}

/* --- names of one directory, in which case does not count --- */

struct taken {
	uint64_t *hashes;	/* 0: free */
	size_t cap;		/* a power of two */
};

static unsigned char upper(unsigned char c)
{
	return c >= 'a' && c <= 'z' ? (unsigned char)(c - ('a' - 'A')) : c;
}

static uint64_t hash_of(const unsigned char *name, size_t len)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);	/* FNV-1a */

	for (size_t i = 0; i < len; i++)
		h = (h ^ upper(name[i])) * UINT64_C(0x100000001b3);
	return h ? h : 1;
}

/* false: it was taken already. */
static bool take(struct taken *t, const void *name, size_t len)
{
	uint64_t h = hash_of(name, len);
	size_t at = (size_t)(h & (t->cap - 1));

	while (t->hashes[at]) {
		if (t->hashes[at] == h)
			return false;
		at = (at + 1) & (t->cap - 1);
	}
	t->hashes[at] = h;
	return true;
}

/* --- short names --- */

static bool is_short_char(unsigned char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       (c && strchr("!#$%&'()-@^_`{}~", c));
}

/* Up to `max` characters into `to`; false: it is longer, or has others. */
static bool put_short(unsigned char *to, size_t max, const unsigned char *p, size_t n)
{
	if (n > max)
		return false;
	for (size_t i = 0; i < n; i++) {
		to[i] = upper(p[i]);
		if (!is_short_char(to[i]))
			return false;
	}
	return true;
}

static const unsigned char *last_dot(const unsigned char *name, size_t len)
{
	for (size_t i = len; i-- > 1;)
		if (name[i] == '.')
			return name + i;
	return NULL;
}

/* A name that is a short one but for its case. */
static bool natural_alias(const unsigned char *name, size_t len, unsigned char *alias)
{
	const unsigned char *dot = last_dot(name, len);
	size_t base = dot ? (size_t)(dot - name) : len;

	memset(alias, ' ', 11);
	return base && put_short(alias, 8, name, base) &&
	       (!dot || put_short(alias + 8, 3, dot + 1, len - base - 1));
}

/* What can be kept of it: characters that a short name may have, '_' for others. */
static size_t squeeze(unsigned char *to, size_t max, const unsigned char *p, size_t n)
{
	size_t len = 0;

	for (size_t i = 0; i < n && len < max; i++) {
		unsigned char c = upper(p[i]);

		if (c != ' ' && c != '.' && (c < 0x80 || c >= 0xc0))	/* a character once */
			to[len++] = is_short_char(c) ? c : '_';
	}
	return len;
}

/* BASE~N.EXT as text, for the set of names. */
static size_t alias_text(const unsigned char *alias, unsigned char *buf)
{
	size_t n = 0;

	for (size_t i = 0; i < 8 && alias[i] != ' '; i++)
		buf[n++] = alias[i];
	for (size_t i = 8; i < 11 && alias[i] != ' '; i++) {
		if (i == 8)
			buf[n++] = '.';
		buf[n++] = alias[i];
	}
	return n;
}

/* Numbers go on through a directory, so that names alike cost nothing. */
static void numbered_alias(struct taken *taken, unsigned long *number, const unsigned char *name,
			   size_t len, unsigned char *alias)
{
	const unsigned char *dot = last_dot(name, len);
	unsigned char base[8], text[12];
	size_t n = squeeze(base, 6, name, dot ? (size_t)(dot - name) : len), tail, keep;
	char digits[24];

	do {
		memset(alias, ' ', 11);
		/* fits always: a directory has 65536 entries at most */
		tail = (size_t)snprintf(digits, sizeof(digits), "~%lu", ++*number);
		keep = n < 8 - tail ? n : 8 - tail;
		memcpy(alias, base, keep);
		memcpy(alias + keep, digits, tail);
		if (dot)
			(void)squeeze(alias + 8, 3, dot + 1, len - (size_t)(dot - name) - 1);
	} while (!take(taken, text, alias_text(alias, text)));
}

/* --- a directory --- */

void make_leave_out(struct make *m, uint32_t dirent, const char *why)
{
	size_t len = 0;
	char *path = i2n_tree_path(m->tree, dirent, &len);

	m->made[dirent].left_out = true;
	m->ret->failed++;
	i2n_note(m->notes, I2N_NOTE_FAILED, "card", path, path ? len : 0, "%s", why);
	free(path);
}

static void judge(struct make *m, struct taken *taken, uint32_t d)
{
	const struct i2n_inode *in = &m->tree->inodes[m->tree->dirents[d].inode];
	uint16_t units[UNITS_MAX];
	const unsigned char *name;
	size_t len, n;

	if (i2n_inode_type(in) != I2N_S_IFREG && i2n_inode_type(in) != I2N_S_IFDIR) {
		make_leave_out(m, d, "FAT holds files and directories only");
		return;
	}
	if (i2n_inode_type(in) == I2N_S_IFREG && in->size > UINT32_MAX) {
		make_leave_out(m, d, "a file of FAT has less than 4 GiB");
		return;
	}
	n = make_units(m->tree, d, units);
	if (!n) {
		make_leave_out(m, d, "FAT cannot hold its name");
		return;
	}
	name = i2n_dirent_name(m->tree, &m->tree->dirents[d], &len);
	if (!take(taken, name, len)) {
		make_leave_out(m, d, "its name differs from another one in case only");
		return;
	}
	m->made[d].n_long = (unsigned char)((n + LONG_UNITS - 1) / LONG_UNITS);
}

static void alias(struct make *m, struct taken *taken, unsigned long *number, uint32_t d)
{
	unsigned char text[12];
	struct made *made = &m->made[d];
	size_t len;
	const unsigned char *name = i2n_dirent_name(m->tree, &m->tree->dirents[d], &len);

	if (!natural_alias(name, len, made->alias)) {
		numbered_alias(taken, number, name, len, made->alias);
		return;
	}
	/* what lower case would need is said by a long name, which every system reads */
	if (alias_text(made->alias, text) == len && !memcmp(text, name, len))
		made->n_long = 0;
}

static int make_dir_names(struct make *m, const struct i2n_inode *dir, struct i2n_err *err)
{
	struct taken taken = { .cap = 16 };
	unsigned long number = 0;

	while (taken.cap < (size_t)dir->dir.count * 4)
		taken.cap *= 2;
	taken.hashes = calloc(taken.cap, sizeof(*taken.hashes));
	if (!taken.hashes)
		return i2n_err_nomem(err);
	for (uint32_t i = 0; i < dir->dir.count; i++)
		judge(m, &taken, dir->dir.first + i);
	for (uint32_t i = 0; i < dir->dir.count; i++)
		if (!m->made[dir->dir.first + i].left_out)
			alias(m, &taken, &number, dir->dir.first + i);
	free(taken.hashes);
	return I2N_OK;
}

/* Below a directory that is left out nothing is looked at. */
int make_names(struct make *m, struct i2n_err *err)
{
	const struct i2n_tree *t = m->tree;

	if (make_dir_names(m, &t->inodes[t->root], err))
		return I2N_FATAL;
	for (uint32_t i = 0, d = I2N_NONE; i <= m->n_dirs; i++) {
		const struct i2n_inode *dir;

		if (i)
			d = m->order[i - 1];
		dir = &t->inodes[i ? t->dirents[d].inode : t->root];
		if (i && make_dir_names(m, dir, err))
			return I2N_FATAL;
		for (uint32_t k = 0; k < dir->dir.count; k++) {
			uint32_t at = dir->dir.first + k;

			if (!m->made[at].left_out && make_is_dir(m, at))
				m->order[m->n_dirs++] = at;
		}
	}
	m->n_order = m->n_dirs;
	return I2N_OK;
}
