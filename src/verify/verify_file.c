#include "verify_own.h"

#include <inttypes.h>
#include <stdio.h>

static void tell_content(struct verify *v, const struct i2n_compared *res)
{
	char at[64] = "";

	if (res->has_off)
		(void)snprintf(at, sizeof(at), " from byte %" PRIu64 " on", res->off);
	verify_differ(v, I2N_DIFF_CONTENT, res->task->dirent,
		      "its content differs%s: xxh3-128 %s instead of %s", at, res->got, res->want);
}

/* Its ACL has been looked at: go on with what is in it. */
static void after_acl(struct verify *v, const struct i2n_compared *res, bool *keep)
{
	const struct i2n_compare_task *task = res->task;
	struct i2n_attr got = { .size = task->size, .used = task->used };
	uint32_t inode = (uint32_t)(task->in - v->tree->inodes);
	struct i2n_err err;

	if (res->rc == I2N_OK && !res->equal)
		verify_differ(v, I2N_DIFF_ACL, task->dirent, "its ACL differs");
	*keep = verify_content_push(v, task->dirent, inode, &got, task->obj) == I2N_OK;
	if (!*keep) {
		(void)i2n_err_nomem(&err);
		verify_die(v, &err);
	}
}

static void on_compared(void *ctx, const struct i2n_compared *res, bool *keep)
{
	struct verify *v = ctx;

	if (res->rc == I2N_FATAL)
		verify_die(v, res->err);
	else if (res->rc == I2N_BADNODE && !v->dead)
		verify_unread(v, res->task->dirent, res->err);
	if (res->task->acl && !v->dead && (res->rc == I2N_OK || res->rc == I2N_BADNODE))
		after_acl(v, res, keep);
	if (res->task->acl)
		return;
	if (res->rc != I2N_OK || res->equal || v->dead)
		return;
	if (i2n_inode_type(res->task->in) == I2N_S_IFLNK)
		verify_differ(v, I2N_DIFF_TARGET, res->task->dirent, "target %s instead of %s",
			      res->got, res->want);
	else
		tell_content(v, res);
}

void verify_compare_init(struct verify *v, uint64_t budget)
{
	v->compare = (struct i2n_compare){ .sink = v->sink, .reader = v->reader, .budget = budget,
					   .done = on_compared, .ctx = v };
}

int verify_file_push(struct verify *v, uint32_t dirent, const struct i2n_attr *got, i2n_obj obj)
{
	const struct i2n_expect *expect = v->opts->expect;
	uint32_t inode = v->tree->dirents[dirent].inode;
	struct i2n_compare_task task = { .in = &v->tree->inodes[inode], .dirent = dirent,
					 .obj = obj, .size = got->size, .used = got->used };

	task.digest = expect ? expect->digests[inode] : NULL;
	return i2n_compare_push(&v->compare, &task, NULL);
}

int verify_acl_push(struct verify *v, uint32_t dirent, uint32_t inode, const struct i2n_attr *got,
		    i2n_obj obj)
{
	struct i2n_compare_task task = { .in = &v->tree->inodes[inode], .dirent = dirent,
					 .obj = obj, .size = got->size, .used = got->used,
					 .acl = true };

	return i2n_compare_push(&v->compare, &task, NULL);
}
