/* A sink that reads in the order of the medium hears where the first file lies that is still to
 * come: never too late a place, and none when all have come. Where directories are long in the
 * making, no file is submitted much further. */
#include "fake_tree.h"
#include "t.h"

#define BEHIND 100	/* inode numbers, see fake_where() */

static struct fake_sink fs;
static struct i2n_sink_ops ops;
static unsigned char *came;
static unsigned exact, told, most;

/* The first regular file that has not come; UINT64_MAX: all have. */
static uint64_t first_missing(void)
{
	for (uint32_t i = 0; i < fs.tree->n_inodes; i++)
		if (i2n_inode_type(&fs.tree->inodes[i]) == I2N_S_IFREG && !came[i])
			return fs.tree->inodes[i].ino;
	return UINT64_MAX;
}

static int submit(struct i2n_sink *sink, struct i2n_op *op, struct i2n_err *err)
{
	const uint64_t missing = first_missing();
	int rc = fake_submit(sink, op, err);

	if (rc != I2N_OK || op->kind != I2N_OP_FILE)
		return rc;
	came[fake_inode_of(&fs, op)] = 1;
	if (op->inode->ino > missing + most)
		most = (unsigned)(op->inode->ino - missing);
	return rc;
}

static int service(struct i2n_sink *sink, int timeout_ms, struct i2n_err *err)
{
	const uint64_t missing = first_missing();

	if (missing == UINT64_MAX)
		T_OK(sink->awaited <= 1);	/* something that is nowhere may be left */
	else
		T_OK(sink->awaited && sink->awaited <= missing);
	told += missing != UINT64_MAX;
	exact += sink->awaited == missing;
	return fake_service(sink, timeout_ms, err);
}

static void one(uint64_t seed)
{
	struct i2n_tree *t = fake_tree(5000, &seed);
	struct i2n_reader reader = { .ops = &fake_reader_ops, .by_block = true, .behind = BEHIND };
	struct i2n_engine_opts opts = { .max_ops = 0 };
	struct i2n_progress p;
	struct i2n_plan *plan;
	struct i2n_err err;

	for (uint32_t i = 0; i < t->n_inodes; i++)
		t->inodes[i].mode |= 0700;
	came = calloc(t->n_inodes, 1);
	T_EQ(i2n_plan_make(t, &reader, 0, NULL, &plan, &err), I2N_OK);
	fake_sink_init(&fs, t, seed);
	ops = fake_ops;
	ops.submit = submit;
	ops.service = service;
	fs.base.ops = &ops;
	T_EQ(i2n_engine_run(plan, &reader, &fs.base, NULL, &opts, &p, &err), I2N_OK);
	T_EQ(fs.wrong + p.failed + p.left, 0);
	T_EQ(fs.base.awaited, 0);
	fake_sink_release(&fs);
	i2n_plan_free(plan);
	i2n_tree_free(t);
	free(came);
}

int main(void)
{
	for (uint64_t seed = 1; seed <= 10; seed++)
		one(seed);
	T_OK(exact > told / 4);
	T_OK(most && most <= BEHIND);
	return t_end();
}
