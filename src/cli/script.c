#include "script.h"

#include "img2nfs/mtree.h"
#include "img2nfs/name.h"

#include "checked.h"
#include "xattr_text.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BATCH_NAMES 64u		/* names per command, so that */
#define BATCH_BYTES 65536u	/* none is longer than any system takes */
#define PATH_DEEP 2000u		/* longer paths are walked in stages */
#define TARGET_MAX 65536u
#define NFS_TIME_MAX INT64_C(4294967295)	/* what NFSv3 can set */

struct script {
	FILE *f;
	const struct i2n_tree *tree;
	struct i2n_reader *reader;
	struct i2n_err *err;
	int rc;
};

/* An inode and what it shall get; equal keys go into one command. */
struct item {
	uint64_t key;
	uint32_t inode;
};

static const char head[] =
	"#!/bin/sh\n"
	"# Completes a tree that img2nfs stored on a server where root is squashed.\n"
	"# Run it once on the server, as root, while nobody else writes there:\n"
	"#	sh THIS_FILE DIRECTORY\n"
	"# It can be run again. Exit status: 0 complete, 1 something failed, 2 nothing was done.\n"
	"set -u\n"
	"LC_ALL=C; export LC_ALL\n"
	"PATH=/usr/sbin:/usr/bin:/sbin:/bin:$PATH; export PATH\n"
	"umask 077\n"
	"failed=0\n"
	"stop() { echo \"$0: $*\" >&2; exit 2; }\n"
	"own() { o=$1; shift; chown -h \"$o\" \"$@\" || failed=1; }\n"
	"mod() { m=$1; shift; chmod \"$m\" \"$@\" || failed=1; }\n"
	"mtime() { t=$1; shift; touch -h -m -d \"$t\" \"$@\" || failed=1; }\n"
	"atime() { t=$1; shift; touch -h -a -d \"$t\" \"$@\" || failed=1; }\n"
	"dev() { [ ! -b \"$1\" ] && [ ! -c \"$1\" ] || rm -f \"$1\"; mknod \"$@\" || failed=1; }\n"
	"link() { ln -f \"$1\" \"$2\" || failed=1; }\n"
	"caps() { setcap \"$@\" || failed=1; }\n"
	"there() {\n"
	"	for n; do\n"
	"		[ -e \"$n\" ] || [ -h \"$n\" ] || stop \"this is not the directory: it "
	"lacks $n\"\n"
	"	done\n"
	"}\n"
	"[ $# -eq 1 ] || stop 'usage: sh THIS_FILE DIRECTORY'\n"
	"[ \"$(id -u)\" -eq 0 ] || stop 'this must be run as root'\n"
	"cd -P -- \"$1\" || stop \"cannot enter $1\"\n";

static const char tail[] = "[ $failed -eq 0 ] || echo \"$0: not complete, see above\" >&2\n"
			   "exit $failed\n";

/* In single quotes nothing is special but the quote itself; "./" keeps a dash from being an option.
 * Failed writes are found with ferror() at the end, here and below. */
static size_t put_path(FILE *f, const char *path, size_t len)
{
	(void)fputs(" './", f);
	for (size_t i = 0; i < len; i++)
		if (path[i] == '\'')
			(void)fputs("'\\''", f);
		else
			(void)fputc(path[i], f);
	(void)fputc('\'', f);
	return len + 5;
}

static char *path_of(struct script *s, uint32_t dirent, size_t *ret_len)
{
	char *path = i2n_tree_path(s->tree, dirent, ret_len);

	if (!path)
		s->rc = i2n_err_nomem(s->err);
	return path;
}

static size_t put_dirent(struct script *s, uint32_t dirent)
{
	size_t len;
	char *path = path_of(s, dirent, &len);

	if (!path)
		return 0;
	len = put_path(s->f, path, len);
	free(path);
	return len;
}

static bool is_deep(struct script *s, uint32_t dirent)
{
	size_t len = 0;

	free(path_of(s, dirent, &len));
	return len > PATH_DEEP;
}

/* End of the part of path that one cd takes: the last slash within reach. */
static size_t stage_of(const char *path, size_t len)
{
	size_t n = len < PATH_DEEP ? len : PATH_DEEP;

	while (n && path[n - 1] != '/')
		n--;
	return n;
}

/* One command for one object, on a line of its own. No system call takes a path of more than
 * PATH_MAX bytes, so what lies deep is reached in stages; with -P, because without it a shell tries
 * the whole path at once. */
static void put_single(struct script *s, const char *command, uint32_t dirent, const char *args)
{
	size_t len, at = 0;
	char *path = path_of(s, dirent, &len);
	bool deep = path && len > PATH_DEEP;

	if (!path)
		return;
	for (size_t n; deep && (n = stage_of(path + at, len - at)); at += n) {
		(void)fputs(at ? " && cd -P" : "(cd -P", s->f);
		put_path(s->f, path + at, n);
	}
	(void)fprintf(s->f, "%s%s", deep ? " || exit 1; " : "", command);
	put_path(s->f, path + at, len - at);
	(void)fprintf(s->f, "%s%s\n", args, deep ? "; exit $failed) || failed=1" : "");
	free(path);
}

static bool is_device(const struct i2n_inode *in)
{
	return i2n_inode_type(in) == I2N_S_IFCHR || i2n_inode_type(in) == I2N_S_IFBLK;
}

static void put_top(struct script *s)
{
	const struct i2n_tree *t = s->tree;
	const struct i2n_inode *root = &t->inodes[t->root];

	for (uint32_t d = root->dir.first; d < root->dir.first + root->dir.count; d++) {
		if (is_device(&t->inodes[t->dirents[d].inode]))
			continue;
		(void)fputs("there", s->f);
		put_dirent(s, d);
		(void)fputc('\n', s->f);
	}
}

static void put_devices(struct script *s)
{
	const struct i2n_tree *t = s->tree;
	char args[40];

	for (uint32_t i = 0; i < t->n_inodes; i++) {
		const struct i2n_inode *in = &t->inodes[i];

		if (!is_device(in))
			continue;
		/* fits */
		(void)snprintf(args, sizeof(args), " %c %" PRIu32 " %" PRIu32,
			       i2n_inode_type(in) == I2N_S_IFCHR ? 'c' : 'b', in->rdev.major,
			       in->rdev.minor);
		put_single(s, "dev", in->first_dirent, args);
	}
	for (uint32_t d = 0; d < t->n_dirents; d++) {
		const struct i2n_inode *in = &t->inodes[t->dirents[d].inode];

		if (!is_device(in) || in->first_dirent == d)
			continue;
		(void)fputs("link", s->f);
		put_dirent(s, in->first_dirent);
		put_dirent(s, d);
		(void)fputc('\n', s->f);
	}
}

/* Days since 1970 to a date of the Gregorian calendar, for any year: time_t may be too small. */
static void date_of(int64_t days, int64_t *ret_year, unsigned *ret_month, unsigned *ret_day)
{
	int64_t z = days + 719468;	/* since March 1st of year 0: leap days come last */
	int64_t era = (z >= 0 ? z : z - 146096) / 146097;
	int64_t doe = z - era * 146097;
	int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	int64_t mp = (5 * doy + 2) / 153;

	*ret_day = (unsigned)(doy - (153 * mp + 2) / 5 + 1);
	*ret_month = (unsigned)(mp < 10 ? mp + 3 : mp - 9);
	*ret_year = yoe + era * 400 + (*ret_month <= 2);
}

static void time_key(char *buf, size_t cap, uint64_t packed)
{
	struct i2n_time t = i2n_time_unpack(packed);
	int64_t days = t.sec >= 0 ? t.sec / 86400 : -((86399 - t.sec) / 86400), year;
	unsigned s = (unsigned)(t.sec - days * 86400), month, day;

	date_of(days, &year, &month, &day);
	/* always fits */
	(void)snprintf(buf, cap, "%04" PRId64 "-%02u-%02uT%02u:%02u:%02u.%09" PRIu32 "Z", year,
		       month, day,
		       s / 3600, s / 60 % 60, s % 60, t.nsec);
}

static void owner_key(char *buf, size_t cap, uint64_t key)
{
	(void)snprintf(buf, cap, "%" PRIu32 ":%" PRIu32, (uint32_t)(key >> 32), (uint32_t)key);
}

/* Five digits: GNU chmod keeps the set-ID bits of directories otherwise. */
static void mode_key(char *buf, size_t cap, uint64_t key)
{
	(void)snprintf(buf, cap, "%05o", (unsigned)key);
}

/* What over NFS was not set, or is disturbed by this script: making devices touches their
 * folder. */
static bool needs_time(const struct i2n_inode *in, uint64_t packed)
{
	int64_t sec = i2n_time_unpack(packed).sec;
	unsigned type = i2n_inode_type(in);

	return type == I2N_S_IFLNK || type == I2N_S_IFDIR || is_device(in) || sec < 0 ||
	       sec > NFS_TIME_MAX;
}

enum pass { PASS_OWNER, PASS_MODE, PASS_MTIME, PASS_ATIME, PASSES };

static const struct {
	const char *command;
	void (*key)(char *buf, size_t cap, uint64_t key);
} passes[PASSES] = {
	[PASS_OWNER] = { "own", owner_key },
	[PASS_MODE] = { "mod", mode_key },
	[PASS_MTIME] = { "mtime", time_key },
	[PASS_ATIME] = { "atime", time_key },
};

static bool item_of(enum pass pass, const struct i2n_inode *in, uint64_t *ret_key)
{
	switch (pass) {
	case PASS_OWNER:
		*ret_key = (uint64_t)in->uid << 32 | in->gid;
		return true;
	case PASS_MODE:
		*ret_key = in->mode & 07777u;
		return i2n_inode_type(in) != I2N_S_IFLNK;
	case PASS_MTIME:
		*ret_key = in->mtime;
		return needs_time(in, in->mtime);
	default:
		*ret_key = in->atime;
		return needs_time(in, in->atime);
	}
}

static int by_key(const void *a, const void *b)
{
	const struct item *x = a, *y = b;

	if (x->key != y->key)
		return x->key < y->key ? -1 : 1;
	return x->inode < y->inode ? -1 : x->inode > y->inode;
}

/* Items from i on that can share one command; at least one. */
static uint32_t put_batch(struct script *s, const char *command, const struct item *items,
			  uint32_t n)
{
	const struct i2n_inode *inodes = s->tree->inodes;
	size_t bytes = 0;
	uint32_t i;

	if (is_deep(s, inodes[items[0].inode].first_dirent)) {
		put_single(s, command, inodes[items[0].inode].first_dirent, "");
		return 1;
	}
	(void)fputs(command, s->f);
	for (i = 0; i < n && i < BATCH_NAMES && bytes < BATCH_BYTES; i++) {
		uint32_t dirent = inodes[items[i].inode].first_dirent;

		if (items[i].key != items[0].key || is_deep(s, dirent))
			break;
		bytes += put_dirent(s, dirent);
	}
	(void)fputc('\n', s->f);
	return i;
}

static void put_items(struct script *s, enum pass pass, const struct item *items, uint32_t n)
{
	char key[48], command[64];

	for (uint32_t i = 0; i < n && s->rc == I2N_OK;) {
		passes[pass].key(key, sizeof(key), items[i].key);
		(void)snprintf(command, sizeof(command), "%s %s", passes[pass].command, key);
		i += put_batch(s, command, items + i, n - i);
	}
}

static void put_pass(struct script *s, enum pass pass)
{
	const struct i2n_tree *t = s->tree;
	struct item *items = malloc((size_t)t->n_inodes * sizeof(*items));
	uint32_t n = 0;

	if (!items) {
		s->rc = i2n_err_nomem(s->err);
		return;
	}
	for (uint32_t i = 0; i < t->n_inodes; i++) {
		items[n].inode = i;
		n += item_of(pass, &t->inodes[i], &items[n].key);
	}
	qsort(items, n, sizeof(*items), by_key);
	put_items(s, pass, items, n);
	free(items);
}

struct capable {
	struct script *s;
	uint32_t dirent;
};

static void on_xattr(void *ctx, const char *name, const void *value, size_t len)
{
	struct capable *c = ctx;
	FILE *f = c->s->f;
	unsigned char plain[20];

	if (strcmp(name, "security.capability") || len < sizeof(plain))
		return;
	memcpy(plain, value, sizeof(plain));
	plain[3] = 2;	/* the revision without a namespace: that is an option of setcap */
	(void)fputs("caps", f);
	if (len == 24)	/* revision 3: of a user namespace */
		(void)fprintf(f, " -n %" PRIu32, i2n_le32((const unsigned char *)value + 20));
	(void)fputs(" '", f);
	xattr_text(f, name, plain, sizeof(plain));
	(void)fputc('\'', f);
	put_dirent(c->s, c->dirent);
	(void)fputc('\n', f);
}

static void put_caps(struct script *s)
{
	for (uint32_t i = 0; i < s->tree->n_inodes && s->rc == I2N_OK; i++) {
		const struct i2n_inode *in = &s->tree->inodes[i];
		struct capable c = { .s = s, .dirent = in->first_dirent };

		if (in->flags & I2N_INODE_CAPS)
			s->rc = s->reader->ops->xattrs(s->reader, in, on_xattr, &c,
						       s->err);
	}
}

static void put_script(struct script *s)
{
	(void)fputs(head, s->f);
	put_top(s);
	put_devices(s);
	put_pass(s, PASS_OWNER);
	put_pass(s, PASS_MODE);
	put_caps(s);
	put_pass(s, PASS_MTIME);
	put_pass(s, PASS_ATIME);
	(void)fputs(tail, s->f);
}

static void put_mtree(struct script *s)
{
	const struct i2n_tree *t = s->tree;
	struct i2n_reader *reader = s->reader;
	char *target = malloc(TARGET_MAX);

	if (!target)
		s->rc = i2n_err_nomem(s->err);
	else
		i2n_mtree_head(s->f);
	for (uint32_t d = 0; d <= t->n_dirents && s->rc == I2N_OK; d++) {
		/* the root first */
		uint32_t dirent = d ? d - 1 : I2N_NONE;
		const struct i2n_inode *in = &t->inodes[d ? t->dirents[dirent].inode : t->root];
		bool link = i2n_inode_type(in) == I2N_S_IFLNK;
		size_t len;
		char *path = i2n_tree_path(t, dirent, &len);

		if (!path)
			s->rc = i2n_err_nomem(s->err);
		else if (link)
			s->rc = reader->ops->readlink(reader, in, target, TARGET_MAX, s->err);
		if (s->rc == I2N_OK)
			i2n_mtree_line(s->f, path, len, in, link ? target : NULL, NULL);
		free(path);
	}
	free(target);
}

static int write_one(struct script *s, struct out_file *out, void (*put)(struct script *s))
{
	int rc;

	s->f = out->f;
	put(s);
	rc = out_file_close(out, s->rc == I2N_OK, s->err);
	return s->rc == I2N_OK ? rc : s->rc;
}

int script_write(struct out_file *script, struct out_file *mtree, const struct i2n_tree *tree,
		 struct i2n_reader *reader, struct i2n_err *err)
{
	struct script s = { .tree = tree, .reader = reader, .err = err };
	int rc = write_one(&s, script, put_script);

	return rc == I2N_OK ? write_one(&s, mtree, put_mtree) : rc;
}
