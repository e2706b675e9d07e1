/* cmd_ls.c - `img2nfs ls IMAGE[:PATH]`: names, long lines, JSON lines or an mtree specification. */
#include "img2nfs/mtree.h"
#include "img2nfs/name.h"

#include "cmd.h"
#include "look.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdlib.h>

struct ls_opts {
	struct image_opts image;
	bool is_long, recursive, json, mtree, verbose;
};

static const struct opt rows[] = {
	{ .name = "long", .letter = 'l', .type = OPT_FLAG, .off = offsetof(struct ls_opts, is_long),
	  .help = "mode, links, owner, group, size or device, time (UTC), name" },
	{ .name = "recursive", .letter = 'R', .type = OPT_FLAG, .off = offsetof(struct ls_opts,
										recursive),
	  .help = "everything below, with the path from PATH" },
	{ .name = "json", .type = OPT_FLAG, .off = offsetof(struct ls_opts, json),
	  .help = "one JSON object per line" },
	{ .name = "mtree", .type = OPT_FLAG, .off = offsetof(struct ls_opts, mtree),
	  .help = "an mtree(5) specification; always recursive" },
	IMAGE_ROWS(struct ls_opts, image),
	LOOK_ROWS(struct ls_opts, verbose),
	{ 0 },
};

struct ls {
	const struct ls_opts *o;
	struct look look;
	uint32_t base;			/* dirent of the directory listed; paths are shown from
					 * there */
};

static void put_name(const char *name, size_t len)
{
	char *buf = malloc(4 * len + 4);

	if (!buf) {
		fputs("?", stdout);	/* out of memory for a name: the line at least keeps its
					 * place */
		return;
	}
	fputs(i2n_escape(buf, 4 * len + 4, name, len), stdout);
	free(buf);
}

static void put_long(const struct i2n_inode *in)
{
	char mode[11], time[LOOK_TIME_MAX], size[32];
	unsigned type = i2n_inode_type(in);
	char mark = in->flags & I2N_INODE_ACL ? '+' : in->flags & (I2N_INODE_XATTR |
								   I2N_INODE_CAPS) ? '@' : ' ';

	if (type == I2N_S_IFCHR || type == I2N_S_IFBLK)
		(void)snprintf(size, sizeof(size), "%" PRIu32 ", %" PRIu32, in->rdev.major,
			       in->rdev.minor);
	else
		/* both fit always */
		(void)snprintf(size, sizeof(size), "%" PRIu64, in->size);
	printf("%s%c %3" PRIu16 " %5" PRIu32 " %5" PRIu32 " %10s %s ", look_mode(mode, in->mode),
	       mark, in->nlink,
	       in->uid, in->gid, size, look_time(time, in->mtime));
}

static int put_object(struct ls *ls, const struct i2n_inode *in, const char *path, size_t len,
		      struct i2n_err *err)
{
	bool wants_target = ls->o->is_long || ls->o->json || ls->o->mtree;
	char *target = NULL;

	if (wants_target && i2n_inode_type(in) == I2N_S_IFLNK) {
		target = look_target(&ls->look, in, err);
		if (!target)
			return I2N_BADNODE;
	}
	if (ls->o->mtree) {
		i2n_mtree_line(stdout, path, len, in, target, NULL);
	} else if (ls->o->json) {
		struct json j;

		json_init(&j, false);
		json_into(&j, stdout);
		json_object(&j, NULL);
		look_json(&j, path, len, in, target);
		json_end(&j);
	} else {
		if (ls->o->is_long)
			put_long(in);
		put_name(path, len);
		if (target) {
			fputs(" -> ", stdout);
			put_name(target, (size_t)in->size);
		}
		putchar('\n');
	}
	free(target);
	return I2N_OK;
}

/* The path of d from the directory listed. */
static int put_dirent(struct ls *ls, uint32_t d, const struct i2n_notes *notes, struct i2n_err *err)
{
	const struct i2n_tree *t = ls->look.tree;
	size_t len, skip = ls->base == I2N_NONE ? 0 : ls->look.path_len + 1;
	char *path = i2n_tree_path(t, d, &len);
	int rc;

	if (!path)
		return i2n_err_nomem(err);
	rc = put_object(ls, &t->inodes[t->dirents[d].inode], path + skip, len - skip, err);
	if (rc == I2N_BADNODE) {
		i2n_note(notes, I2N_NOTE_DAMAGED, "content", path, len, "%s", err->msg);
		rc = I2N_OK;
	}
	free(path);
	return rc;
}

/* Directories still to be listed, the next one last: the order of a walk that goes down first. Not
 * recursive. */
static int list_below(struct ls *ls, const struct i2n_notes *notes, struct i2n_err *err)
{
	const struct i2n_tree *t = ls->look.tree;
	uint32_t *stack = malloc(((size_t)t->n_dirents + 1) * sizeof(*stack)), n = 0;
	int rc = I2N_OK;

	if (!stack)
		return i2n_err_nomem(err);
	for (uint32_t i = t->inodes[ls->look.inode].dir.count; i--;)
		stack[n++] = t->inodes[ls->look.inode].dir.first + i;
	while (n && !rc) {
		uint32_t d = stack[--n];
		const struct i2n_inode *in = &t->inodes[t->dirents[d].inode];

		rc = put_dirent(ls, d, notes, err);
		if (!(ls->o->recursive || ls->o->mtree) || i2n_inode_type(in) != I2N_S_IFDIR)
			continue;
		for (uint32_t i = in->dir.count; i--;)
			stack[n++] = in->dir.first + i;
	}
	free(stack);
	return rc;
}

static int list(struct ls *ls, const struct i2n_notes *notes, struct i2n_err *err)
{
	const struct i2n_inode *in = &ls->look.tree->inodes[ls->look.inode];
	int rc = I2N_OK;

	ls->base = ls->look.dirent;
	if (ls->o->mtree)
		i2n_mtree_head(stdout);
	if (i2n_inode_type(in) != I2N_S_IFDIR)
		return put_object(ls, in, ls->look.path, ls->look.path_len, err);
	if (ls->o->mtree)
		rc = put_object(ls, in, ".", 1, err);
	return rc ? rc : list_below(ls, notes, err);
}

static int exec_ls(const void *values, unsigned n_args, char **args)
{
	struct ls ls = { .o = values };
	struct report report = { .verbose = ls.o->verbose };
	struct i2n_notes notes = { report_note, &report };
	struct i2n_err err;
	int rc;

	(void)n_args;
	rc = look_open(&ls.o->image, args[0], true, &notes, &ls.look, &err);
	if (!rc)
		rc = list(&ls, &notes, &err);
	return look_end(&ls.look, &report, rc, &err);
}

const struct i2n_cmd cmd_ls = {
	.name = "ls",
	.args = "IMAGE[:PATH]",
	.line = "list files of an image",
	.min_args = 1,
	.max_args = 1,
	.opts = rows,
	.opts_size = sizeof(struct ls_opts),
	.exec = exec_ls,
};
