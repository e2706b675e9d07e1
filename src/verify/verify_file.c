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

static void on_compared(void *ctx, const struct i2n_compared *res, bool *keep)
{
	struct verify *v = ctx;

	(void)keep;	/* nothing is done with the object afterwards */
	if (res->rc == I2N_FATAL)
		verify_die(v, res->err);
	else if (res->rc == I2N_BADNODE && !v->dead)
		verify_unread(v, res->task->dirent, res->err);
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
