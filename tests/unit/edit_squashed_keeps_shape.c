/* A tree reduced to what a squashed user can store: devices are gone under all their names, the
 * other links and folders stay in order, owners and set-ID bits are those of the user, and each
 * object that the script has to mend is noted once. */
#include "img2nfs/edit.h"

#include "t.h"

/* "" = root: dev/ (a device under two names, and a file), setuid, sub/ (mode 0555, empty) */
enum { ROOT, DEV, NODE, PLAIN, SETUID, SUB, INODES };
enum { D_DEV, D_SETUID, D_SUB, D_A, D_NODE, D_NODE2, DIRENTS };

static void note(void *ctx, const struct i2n_note *n)
{
	unsigned *count = ctx;

	T_OK(n->kind == I2N_NOTE_LOSS && !strcmp(n->cls, "attr"));
	++*count;
}

static struct i2n_tree *make(void)
{
	static const char names[] = "\3dev\6setuid\3sub\1a\4node\5node2";
	static const uint32_t at[DIRENTS] = { 0, 4, 11, 15, 17, 22 };
	static const uint32_t inode[DIRENTS] = { DEV, SETUID, SUB, PLAIN, NODE, NODE };
	struct i2n_tree *t = calloc(1, sizeof(*t));

	t->inodes = calloc(INODES, sizeof(*t->inodes));
	t->dirents = calloc(DIRENTS, sizeof(*t->dirents));
	t->names = malloc(sizeof(names));
	memcpy(t->names, names, sizeof(names));
	t->names_len = sizeof(names) - 1;
	t->n_inodes = INODES;
	t->n_dirents = DIRENTS;
	t->root = ROOT;
	for (uint32_t d = 0; d < DIRENTS; d++)
		t->dirents[d] = (struct i2n_dirent){ .parent = d < D_A ? ROOT : DEV,
						     .inode = inode[d], .name = at[d] };
	t->inodes[ROOT] = (struct i2n_inode){ .mode = 040755, .links = 1, .first_dirent = I2N_NONE,
					      .dir = { D_DEV, 3 } };
	t->inodes[DEV] = (struct i2n_inode){ .mode = 042755, .links = 1, .first_dirent = D_DEV,
					     .dir = { D_A, 3 } };
	t->inodes[NODE] = (struct i2n_inode){ .mode = 020600, .links = 2, .first_dirent = D_NODE,
					      .rdev = { 1, 3 } };
	/* needs nothing of the script: it is the user's already */
	t->inodes[PLAIN] = (struct i2n_inode){ .mode = 0100644, .links = 1, .first_dirent = D_A,
					       .uid = 99, .gid = 98 };
	t->inodes[SETUID] = (struct i2n_inode){ .mode = 0104755, .links = 1,
						.first_dirent = D_SETUID };
	t->inodes[SUB] = (struct i2n_inode){ .mode = 040555, .links = 1, .first_dirent = D_SUB,
					     .dir = { DIRENTS, 0 } };
	return t;
}

int main(void)
{
	struct i2n_tree *t = make(), *r = NULL;
	unsigned notes = 0;
	struct i2n_notes to = { note, &notes };
	struct i2n_err err;
	uint32_t i, dirent;

	T_OK(i2n_edit_squashed(t, 99, 98, &to, &r, &err) == I2N_OK);
	T_OK(notes == INODES - 1);
	T_OK(r->n_inodes == INODES - 1 && r->n_dirents == DIRENTS - 2);
	for (i = 0; i < r->n_inodes; i++)
		T_OK(r->inodes[i].uid == 99 && r->inodes[i].gid == 98);
	T_OK(i2n_tree_resolve(r, "dev/node", 8, NULL) == I2N_NONE);
	T_OK(i2n_tree_resolve(r, "dev/node2", 9, NULL) == I2N_NONE);
	i = i2n_tree_resolve(r, "dev/a", 5, &dirent);
	T_OK(i != I2N_NONE && r->inodes[i].mode == 0100644 && r->inodes[i].first_dirent == dirent);
	i = i2n_tree_resolve(r, "dev", 3, NULL);
	T_OK(i != I2N_NONE && r->inodes[i].mode == 040755 && r->inodes[i].dir.count == 1);
	i = i2n_tree_resolve(r, "setuid", 6, NULL);
	T_OK(i != I2N_NONE && r->inodes[i].mode == 0100755);
	/* its owner must be able to fill it */
	i = i2n_tree_resolve(r, "sub", 3, NULL);
	T_OK(i != I2N_NONE && r->inodes[i].mode == 040755 && !r->inodes[i].dir.count);
	/* the given tree is as it was */
	T_OK(t->n_inodes == INODES && t->inodes[SETUID].mode == 0104755);
	i2n_tree_free(r);
	i2n_tree_free(t);
	return t_end();
}
