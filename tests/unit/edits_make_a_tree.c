/* Edits of a tree: what is changed is changed, and all else is as it was; the new tree is one that
 * node.h allows, and its reader gives the new bytes and the old ones. The tree below stays. */
#include "img2nfs/edit.h"

#include "mem_tree.h"

static const struct i2n_edit_what what = { "test", "a reason" };
static struct mem m;
static struct i2n_err err;

static void build(void)
{
	mem_init(&m);
	mem_dir(&m, "boot");
	mem_dir(&m, "empty");
	mem_dir(&m, "etc");
	mem_file(&m, "etc/fstab", "old\n");
	mem_same(&m, "etc/fstab.also", "etc/fstab");
	mem_same(&m, "boot/fstab", "etc/fstab");
	mem_file(&m, "etc/hostname", "pi\n")->mode = 0100600;
	mem_link(&m, "etc/init", "/lib/systemd");
	mem_file(&m, "etc/gone", "x");
	mem_dir(&m, "usr");
	mem_dir(&m, "usr/lib");
	mem_link(&m, "lib", "usr/lib");
	mem_file(&m, "usr/lib/a", "content of a");
	mem_end(&m);
}

static char *content(const struct i2n_tree *t, struct i2n_reader *r, const char *path)
{
	static char buf[100];
	uint32_t i = i2n_tree_resolve(t, path, strlen(path), NULL);
	const struct i2n_inode *in = &t->inodes[i];
	struct i2n_range range;
	struct i2n_file *f;

	memset(buf, 0, sizeof(buf));
	if (i == I2N_NONE)
		return NULL;
	if (i2n_inode_type(in) == I2N_S_IFLNK) {
		T_EQ(r->ops->readlink(r, in, buf, sizeof(buf), &err), I2N_OK);
		return buf;
	}
	T_EQ(r->ops->open(r, in, &f, &err), I2N_OK);
	for (int round = 0; round < 2; round++) {	/* the second time after a rewind */
		while (r->ops->next(f, 5, &range, &err) == I2N_OK) {
			T_OK(range.len <= 5 && range.off + range.len <= in->size);
			T_EQ(r->ops->read(f, buf + range.off, range.len, range.off, &err), I2N_OK);
		}
		T_EQ(r->ops->rewind(f, &err), I2N_OK);
	}
	r->ops->close(f);
	T_EQ(strlen(buf), in->size);
	return buf;
}

static void write_s(struct i2n_edits *e, const char *path, const char *text)
{
	T_EQ(i2n_edits_write(e, &what, path, text, strlen(text), 0640, &err), I2N_OK);
}

static void change_all(struct i2n_edits *e)
{
	write_s(e, "/etc/fstab", "new\n");
	write_s(e, "lib/a", "");
	write_s(e, "etc/fresh/dir/file", "made");
	write_s(e, "etc/fresh/dir/file", "made again");
	write_s(e, "etc/fresh/dir/second", "2");
	write_s(e, "empty/file", "in what was empty");
	T_EQ(i2n_edits_symlink(e, &what, "lib/unit", "/dev/null", &err), I2N_OK);
	T_EQ(i2n_edits_symlink(e, &what, "etc/hostname", "/dev/null", &err), I2N_OK);
	T_EQ(i2n_edits_remove(e, &what, "etc/gone", &err), I2N_OK);
	T_EQ(i2n_edits_remove(e, &what, "etc/never/was", &err), I2N_OK);
	/* nothing changes */
	write_s(e, "boot/fstab", "old\n");
	T_EQ(i2n_edits_symlink(e, &what, "lib", "usr/lib", &err), I2N_OK);
}

static const struct i2n_inode *at(const struct i2n_tree *t, const char *path)
{
	uint32_t i = i2n_tree_resolve(t, path, strlen(path), NULL);

	T_OK(i != I2N_NONE);
	return &t->inodes[i == I2N_NONE ? 0 : i];
}

static void look_at(const struct i2n_tree *t, struct i2n_reader *r)
{
	const struct i2n_inode *in = at(t, "etc/fstab");

	mem_check_tree(t);
	T_STR(content(t, r, "etc/fstab"), "new\n");
	T_STR(content(t, r, "etc/fstab.also"), "old\n");
	T_STR(content(t, r, "usr/lib/a"), "");
	T_STR(content(t, r, "etc/fresh/dir/file"), "made again");
	T_STR(content(t, r, "etc/fresh/dir/second"), "2");
	T_STR(content(t, r, "empty/file"), "in what was empty");
	T_STR(content(t, r, "usr/lib/unit"), "/dev/null");
	T_STR(content(t, r, "etc/hostname"), "/dev/null");
	T_STR(content(t, r, "etc/init"), "/lib/systemd");
	T_STR(content(t, r, "etc/gone"), "(null)");
	/* an edited file keeps what it is, under one name */
	T_OK(in->uid == 7 && in->gid == 8 && in->mode == 0100644 && in->mtime >= 5000 &&
	     in->atime >= 6000 && in->nlink == 1 && in->flags & I2N_INODE_MEMORY);
	in = at(t, "etc/fstab.also");
	T_OK(in == at(t, "boot/fstab") && in->nlink == 2 && !(in->flags & I2N_INODE_MEMORY));
	in = at(t, "etc/fresh/dir/file");
	T_OK(!in->uid && !in->gid && in->mode == 0100640 && in->mtime == at(t, "etc")->mtime);
	in = at(t, "etc/fresh");
	T_OK(in->mode == 040755 && in->nlink == 3);
	T_EQ(at(t, "etc")->nlink, 3);
	T_EQ(at(t, "usr/lib/unit")->mode, 0120777);
}

/* A second set over what the first one made. */
static void edit_again(const struct i2n_tree *t, struct i2n_reader *r)
{
	struct i2n_edits *e = NULL;
	struct i2n_tree *second = NULL;

	T_EQ(i2n_edits_new(t, r, &e, &err), I2N_OK);
	write_s(e, "etc/fstab", "third\n");
	T_EQ(i2n_edits_remove(e, &what, "etc/fstab.also", &err), I2N_OK);
	T_EQ(i2n_edits_finish(e, &second, &err), I2N_OK);
	mem_check_tree(second);
	r = i2n_edits_reader(e);
	T_STR(content(second, r, "etc/fstab"), "third\n");
	T_STR(content(second, r, "etc/fstab.also"), "(null)");
	T_STR(content(second, r, "boot/fstab"), "old\n");
	T_STR(content(second, r, "etc/fresh/dir/second"), "2");
	T_STR(content(second, r, "usr/lib/unit"), "/dev/null");
	i2n_tree_free(second);
	i2n_edits_free(e);
}

int main(void)
{
	const struct i2n_edit_change *c;
	struct i2n_edits *e = NULL;
	struct i2n_tree *t = NULL;
	static struct mem before;
	size_t n;

	build();
	mem_check_tree(&m.tree);
	before = m;
	T_EQ(i2n_edits_new(&m.tree, &m.reader, &e, &err), I2N_OK);
	change_all(e);
	c = i2n_edits_changes(e, &n);
	T_EQ(n, 9);
	if (n == 9) {
		T_STR(c[0].path, "etc/fstab");
		T_STR(c[0].before.bytes, "old\n");
		T_STR(c[0].after.bytes, "new\n");
		T_STR(c[1].path, "usr/lib/a");
		T_OK(!c[2].before_mode && c[2].after_mode == 0100640);
		T_OK(c[8].before_mode == 0100644 && !c[8].after_mode);
		T_STR(c[8].path, "etc/gone");
	}
	T_EQ(i2n_edits_finish(e, &t, &err), I2N_OK);
	look_at(t, i2n_edits_reader(e));
	edit_again(t, i2n_edits_reader(e));
	i2n_tree_free(t);
	i2n_edits_free(e);
	before.opens = m.opens;
	T_MEM(&before, &m, sizeof(m));
	return t_end();
}
