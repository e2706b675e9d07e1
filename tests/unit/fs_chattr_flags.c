/* i2n_fs_chattr() gives the letters of chattr(1) that change behaviour, and the tree flags just the
 * inodes that have some. Truth: the man page of chattr, and the numbers of FS_*_FL in
 * linux/fs.h. */
#include "fs_image.h"

static const struct { const char *file, *letters; unsigned flags;
} cases[] = {
	{ "none", "", 0 },	    { "immutable", "i", 0x10 }, { "append", "a", 0x20 },
	{ "nodump", "d", 0x40 },    { "noatime", "A", 0x80 },	{ "sync", "S", 0x8 },
	{ "journal", "j", 0x4000 }, { "nocow", "C", 0x800000 }, { "project", "P", 0x20000000 },
	{ "some", "ia", 0x30 },	    { "index", "", 0x1000 },	{ "undelete", "", 0x2 },
};
#define N (sizeof(cases) / sizeof(cases[0]))

int main(void)
{
	struct image im;
	char buf[32];
	size_t i;

	run("mkdir src");
	for (i = 0; i < N; i++)
		run("echo x >src/%s; echo 'sif /%s flags 0x%x' >>cmds", cases[i].file,
		    cases[i].file,
		    cases[i].flags | 0x80000);
	run("mke2fs -q -F -t ext4 -O ^has_journal,^metadata_csum -d src img 1m; debugfs -w -f cmds "
	    "img >/dev/null 2>&1");
	T_EQ(image_open(&im, "img", NULL), I2N_OK);
	for (i = 0; i < N; i++) {
		const struct i2n_inode *in = image_at(&im, cases[i].file);

		T_EQ(i2n_fs_chattr(im.fs, in, buf, &im.err), I2N_OK);
		T_STR(buf, cases[i].letters);
		T_EQ((in->flags & I2N_INODE_CHATTR) != 0, cases[i].letters[0] != '\0');
	}
	image_close(&im);
	return t_end();
}
