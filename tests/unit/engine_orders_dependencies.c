/* Parents before children, links after their targets, directory attributes after all that is made
 * in the directory, but not after what is made deeper; every object given back.
 */
#include "fake_tree.h"
#include "t.h"

static void one(uint32_t n, uint64_t seed, bool level_by_level)
{
	struct i2n_tree *t = fake_tree(n, &seed);
	struct i2n_reader reader = { .ops = &fake_reader_ops };
	struct i2n_engine_opts opts = { .max_ops = 40 };
	struct i2n_progress p;
	struct i2n_plan *plan;
	struct fake_sink fs;
	struct i2n_err err;

	for (uint32_t i = 0; i < n; i++)
		t->inodes[i].mode |= 0700;
	if (level_by_level)	/* a directory that not everybody can pass */
		t->inodes[0].mode &= (uint16_t)~0100;
	T_EQ(i2n_plan_make(t, &reader, 0, NULL, &plan, &err), I2N_OK);
	T_EQ(plan->totals.objects, t->n_dirents);
	fake_sink_init(&fs, t, seed);
	T_EQ(i2n_engine_run(plan, &reader, &fs.base, NULL, &opts, &p, &err), I2N_OK);
	T_EQ(fs.wrong, 0);
	T_EQ(fs.inode_state[0], FAKE_SETTLED);
	for (uint32_t d = 0; d < t->n_dirents; d++)
		T_OK(fs.dirent_done[d]);
	for (uint32_t i = 0; i < n; i++)
		T_OK(!fs.held[i]);
	T_EQ(p.done.objects, p.total.objects);
	T_OK(!memcmp(&p.done, &p.total, sizeof(p.done)));
	T_EQ(p.failed + p.left, 0);
	/* each inode once, each directory twice and the root's attributes */
	T_EQ(fs.ops, t->n_dirents + plan->totals.dirs + 1);
	/* nothing waits for anything it need not wait for: the window fills up */
	if (level_by_level)
		T_EQ(fs.early, 0);
	else if (n > 2000)
		T_OK(fs.early > 0);
	if (n > 2000)
		T_EQ(fs.max_queue, fs.window < 40 ? fs.window : 40);
	fake_sink_release(&fs);
	i2n_plan_free(plan);
	i2n_tree_free(t);
}

int main(void)
{
	for (uint64_t seed = 1; seed <= 40; seed++) {
		one(1, seed, false);
		one(2, seed, false);
		one(50, seed, false);
		one(5000, seed, false);
		one(5000, seed, true);
	}
	return t_end();
}
