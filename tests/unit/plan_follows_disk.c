/* Files are in the order of their content on the medium, whether it is spread evenly or not; what
 * lies nowhere and what lies at the same place stays in the order of the tree. */
#include "fake_tree.h"
#include "t.h"

#define FILES 30000u

static uint64_t at[FILES + 1];

static uint64_t where(const struct i2n_reader *r, const struct i2n_inode *in)
{
	(void)r;
	return at[in->ino];
}

static struct i2n_tree *flat_tree(void)
{
	struct i2n_tree *t = calloc(1, sizeof(*t));

	t->n_inodes = FILES + 1;
	t->n_dirents = FILES;
	t->inodes = calloc(t->n_inodes, sizeof(*t->inodes));
	t->dirents = calloc(t->n_dirents, sizeof(*t->dirents));
	t->names = malloc(1);
	t->inodes[0] = (struct i2n_inode){ .mode = 040755, .dir = { 0, FILES },
					   .first_dirent = I2N_NONE };
	for (uint32_t i = 0; i < FILES; i++) {
		/* inodes in another order than dirents */
		uint32_t inode = 1 + (i * 7919u) % FILES;

		t->dirents[i] = (struct i2n_dirent){ .parent = 0, .inode = inode };
		t->inodes[inode] = (struct i2n_inode){ .mode = 0100644, .links = 1, .ino = inode,
						       .first_dirent = i };
	}
	return t;
}

static void check(const char *what)
{
	struct i2n_reader_ops ops = fake_reader_ops;
	struct i2n_reader reader = { .ops = &ops };
	struct i2n_tree *t = flat_tree();
	struct i2n_plan *plan;
	unsigned wrong = 0;
	struct i2n_err err;

	ops.where = where;
	T_EQ(i2n_plan_make(t, &reader, 0, NULL, &plan, &err), I2N_OK);
	T_EQ(plan->n_order, FILES);
	for (uint32_t i = 1; i < plan->n_order; i++) {
		uint32_t d = plan->order[i - 1], e = plan->order[i];
		uint64_t x = at[t->dirents[d].inode], y = at[t->dirents[e].inode];

		wrong += !(x < y || (x == y && d < e));
	}
	if (wrong)
		fprintf(stderr, "%s: %u of %u out of order\n", what, wrong, FILES);
	T_EQ(wrong, 0);
	i2n_plan_free(plan);
	i2n_tree_free(t);
}

int main(void)
{
	uint64_t seed = 1;
	uint32_t i;

	check("nowhere");
	for (i = 1; i <= FILES; i++)
		at[i] = (uint64_t)fake_rand(&seed) << 12;
	check("spread");
	for (i = 1; i <= FILES; i += 3)
		at[i] = 0;
	check("some nowhere");
	for (i = 1; i <= FILES; i++)
		at[i] = (UINT64_C(1) << 40) + (fake_rand(&seed) % 1000u << 12);
	check("shared places");
	at[17] = 1;
	at[18] = UINT64_MAX;
	check("far away");
	for (i = 1; i <= FILES; i++)
		at[i] = 4096;
	check("one place");
	return t_end();
}
