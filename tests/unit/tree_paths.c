/* Paths, lookups and resolution in a tree made by hand:  /  etc/  etc/fstab  link -> etc/fstab's
 * inode  z */
#include "img2nfs/node.h"
#include "t.h"

#define DEEP 200000

static struct i2n_inode inodes[] = {
	{ .mode = I2N_S_IFDIR, .dir = { 0, 3 }, .first_dirent = I2N_NONE },
	{ .mode = I2N_S_IFDIR, .dir = { 3, 1 }, .first_dirent = 0 },
	{ .mode = I2N_S_IFREG, .first_dirent = 3, .links = 2 },
	{ .mode = I2N_S_IFREG, .first_dirent = 2, .links = 1 },
};
static struct i2n_dirent dirents[] = { { 0, 1, 0 }, { 0, 2, 4 }, { 0, 3, 9 }, { 1, 2, 11 } };
static unsigned char names[] = "\3etc\4link\1z\5fstab";

static void check_path(const struct i2n_tree *t, uint32_t d, const char *want)
{
	size_t len;
	char *path = i2n_tree_path(t, d, &len);

	T_STR(path, want);
	T_EQ(len, strlen(want));
	free(path);
}

/* A chain of DEEP directories named "d" is walked without recursion. */
static void check_deep(void)
{
	struct i2n_tree *t = calloc(1, sizeof(*t));
	uint32_t i;
	size_t len;
	char *path;

	t->inodes = calloc(DEEP + 1, sizeof(*t->inodes));
	t->dirents = calloc(DEEP, sizeof(*t->dirents));
	t->names = malloc(2);
	memcpy(t->names, "\1d", 2);
	for (i = 0; i < DEEP; i++) {
		t->dirents[i] = (struct i2n_dirent){ .parent = i, .inode = i + 1 };
		t->inodes[i] = (struct i2n_inode){ .mode = I2N_S_IFDIR,
						   .dir = { i, 1 },
						   .first_dirent = i - 1 };
	}
	t->inodes[DEEP] = (struct i2n_inode){ .mode = I2N_S_IFDIR, .first_dirent = DEEP - 1 };
	path = i2n_tree_path(t, DEEP - 1, &len);
	T_EQ(len, 2 * DEEP - 1);
	T_EQ(i2n_tree_resolve(t, path, len, NULL), DEEP);
	free(path);
	i2n_tree_free(t);
}

int main(void)
{
	const struct i2n_tree t = { inodes, 4, dirents, 4, names, sizeof(names), 0 };
	uint32_t d;

	check_path(&t, I2N_NONE, ".");
	check_path(&t, 0, "etc");
	check_path(&t, 3, "etc/fstab");
	T_EQ(i2n_tree_lookup(&t, 0, "link", 4), 1);
	T_EQ(i2n_tree_lookup(&t, 0, "lin", 3), I2N_NONE);
	T_EQ(i2n_tree_lookup(&t, 0, "zz", 2), I2N_NONE);
	T_EQ(i2n_tree_resolve(&t, "/etc//fstab", 11, &d), 2);
	T_EQ(d, 3);
	T_EQ(i2n_tree_resolve(&t, "", 0, &d), 0);
	T_EQ(d, I2N_NONE);
	T_EQ(i2n_tree_resolve(&t, "./etc/", 6, &d), 1);
	T_EQ(i2n_tree_resolve(&t, "z/fstab", 7, NULL), I2N_NONE);
	T_EQ(i2n_tree_resolve(&t, "etc/..", 6, NULL), I2N_NONE);
	check_deep();
	return t_end();
}
