/* Paths lead where the booted system would go and never out of the tree; what cannot be edited is
 * refused with its path, and nothing is changed by that. */
#include "img2nfs/edit.h"

#include "mem_tree.h"

static const struct i2n_edit_what what = { "test", "a reason" };
static struct mem m;
static struct i2n_err err;

static void build(void)
{
	mem_init(&m);
	mem_dir(&m, "etc");
	mem_dir(&m, "data");
	mem_dir(&m, "data/deep");
	mem_file(&m, "data/fstab", "in data\n");
	mem_file(&m, "etc/passwd", "in etc\n");
	mem_link(&m, "etc/fstab", "/data/fstab");			/* from the root of the tree */
	mem_link(&m, "etc/up", "../../../../../../etc/passwd");		/* no further up than it */
	mem_link(&m, "etc/a", "b");
	mem_link(&m, "etc/b", "../etc/a");
	mem_link(&m, "etc/self", "self/x");
	mem_link(&m, "etc/nowhere", "/run/nothing");
	mem_link(&m, "etc/dir", "/data/deep");
	mem_link(&m, "etc/chain", "dir/../fstab");
	mem_link(&m, "etc/empty", "");
	mem_file(&m, "etc/damaged", "x")->size = 5;
	mem_file(&m, "etc/hole", "")->size = 4;
	m.texts[m.inodes[mem_find(&m, "etc/hole", 8)].data] = (struct mem_text){ NULL, 4 };
	mem_file(&m, "etc/huge", "")->size = (uint64_t)1 << 30;
	mem_add(&m, "etc/null", 020666, "", 0);
	mem_end(&m);
}

static void want_text(struct i2n_edits *e, const char *path, const char *text, size_t len)
{
	struct i2n_text t = { NULL, 0 };

	T_EQ(i2n_edits_read(e, path, &t, &err), I2N_OK);
	T_EQ(t.len, len);
	if (t.len == len)
		T_MEM(t.bytes, text, len);
	free(t.bytes);
}

static void refused(struct i2n_edits *e, const char *path, int read, const char *why)
{
	struct i2n_text t;
	char text[300];

	snprintf(text, sizeof(text), "cannot edit '%s': %s", path, why);
	T_EQ(i2n_edits_read(e, path, &t, &err), read);
	if (read == I2N_BADNODE)
		T_STR(err.msg, text);
	T_EQ(i2n_edits_write(e, &what, path, "x", 1, 0644, &err), I2N_BADNODE);
	T_STR(err.msg, text);
}

int main(void)
{
	struct i2n_edits *e = NULL;
	struct i2n_tree *t = NULL;
	size_t n;

	build();
	T_EQ(i2n_edits_new(&m.tree, &m.reader, &e, &err), I2N_OK);
	want_text(e, "etc/fstab", "in data\n", 8);
	want_text(e, "etc/up", "in etc\n", 7);
	want_text(e, "/etc/../../data/./fstab", "in data\n", 8);
	want_text(e, "etc/chain", "in data\n", 8);
	want_text(e, "etc/dir/../fstab", "in data\n", 8);
	want_text(e, "etc/hole", "\0\0\0\0", 4);

	refused(e, "etc/a", I2N_BADNODE, "too many levels of symbolic links");
	refused(e, "etc/self", I2N_BADNODE, "too many levels of symbolic links");
	refused(e, "etc/nowhere", I2N_END, "it is a symlink that leads nowhere");
	refused(e, "data", I2N_BADNODE, "it is no regular file");
	refused(e, "etc/null", I2N_BADNODE, "it is no regular file");
	refused(e, "etc/empty", I2N_BADNODE, "it is no regular file");
	refused(e, "etc/passwd/x", I2N_END, "a name on the way is no directory");
	refused(e, "etc/damaged", I2N_BADNODE, "asked to be damaged");
	refused(e, "etc/huge", I2N_BADNODE, "it has 1073741824 bytes, more than an edit takes");
	T_EQ(i2n_edits_symlink(e, &what, "etc", "x", &err), I2N_BADNODE);
	T_STR(err.msg, "cannot edit 'etc': it is a directory");
	T_EQ(i2n_edits_remove(e, &what, "data/deep", &err), I2N_BADNODE);
	T_EQ(i2n_edits_remove(e, &what, "/", &err), I2N_BADNODE);
	T_EQ(i2n_edits_write(e, &what, "new/../x", "x", 1, 0644, &err), I2N_BADNODE);
	T_STR(err.msg, "cannot edit 'new/../x': this is no name");
	T_EQ(i2n_edits_write(e, &what, "new/", "x", 1, 0644, &err), I2N_BADNODE);
	(void)i2n_edits_changes(e, &n);
	T_EQ(n, 0);

	/* what is written through a link is where the link leads */
	T_EQ(i2n_edits_write(e, &what, "etc/chain", "new", 3, 0644, &err), I2N_OK);
	T_STR(i2n_edits_changes(e, &n)[0].path, "data/fstab");
	want_text(e, "data/fstab", "new", 3);
	/* a symlink is replaced itself, also one in circles */
	T_EQ(i2n_edits_symlink(e, &what, "etc/a", "/dev/null", &err), I2N_OK);
	T_EQ(i2n_edits_remove(e, &what, "etc/b", &err), I2N_OK);
	T_EQ(i2n_edits_remove(e, &what, "etc/huge", &err), I2N_OK);
	T_EQ(i2n_edits_finish(e, &t, &err), I2N_OK);
	mem_check_tree(t);
	T_EQ(t->n_inodes, m.tree.n_inodes - 2);
	i2n_tree_free(t);
	i2n_edits_free(e);
	return t_end();
}
