#include "survey_own.h"

static void on_compared(void *ctx, const struct i2n_compared *res, bool *keep)
{
	const struct i2n_compare_task *task = res->task;
	struct survey *s = ctx;
	unsigned differs = task->acl ? 0 : s->res->differs[task->dirent];

	if (res->rc == I2N_FATAL)
		survey_die(s, res->err);
	if (res->rc == I2N_FATAL || res->rc == I2N_END || s->dead)
		return;
	*keep = true;
	if (task->acl) {
		survey_take_acl(s, task, res->rc == I2N_OK && res->equal);
		return;
	}
	/* what cannot be read there is made anew; what is damaged here, the engine tells */
	if (res->rc != I2N_OK || !res->equal)
		differs |= I2N_DIFFER_CONTENT;
	survey_decide(s, task->dirent, differs, task->obj, task->flag);
}

void survey_read_init(struct survey *s)
{
	s->compare = (struct i2n_compare){ .sink = s->sink, .reader = s->reader,
					   .digests = s->opts->digests,
					   .budget = I2N_COMPARE_BUDGET, .first_only = true,
					   .done = on_compared, .ctx = s };
}

int survey_read_push(struct survey *s, uint32_t dirent, const struct i2n_entry *entry, bool keep)
{
	struct i2n_compare_task task = { .in = &s->tree->inodes[s->tree->dirents[dirent].inode],
					 .dirent = dirent, .obj = entry->obj, .flag = keep,
					 .size = entry->attr.size, .used = entry->attr.used };

	return i2n_compare_push(&s->compare, &task, NULL);
}

bool survey_has_acl(const struct survey *s, uint32_t inode)
{
	return s->tree->inodes[inode].flags & I2N_INODE_ACL && s->sink->caps & I2N_CAP_ACL;
}

void survey_acl_push(struct survey *s, uint32_t dirent, i2n_obj obj, bool keep)
{
	uint32_t inode = dirent == I2N_NONE ? s->tree->root : s->tree->dirents[dirent].inode;
	struct i2n_compare_task task = { .in = &s->tree->inodes[inode], .dirent = dirent,
					 .obj = obj, .flag = keep, .acl = true };

	if (i2n_compare_push(&s->compare, &task, NULL))
		survey_no_memory(s);
}
